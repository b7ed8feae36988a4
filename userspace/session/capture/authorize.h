// SPDX-License-Identifier: Apache-2.0
// Decides whether a request may be served: approval, policy, trust, host, target, uses.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scopes/approval.h"
#include "scopes/host.h"
#include "scopes/policy.h"
#include "scopes/quorum.h"
#include "userspace/base/result.h"
#include "userspace/session/capture/allowed_target.h"
#include "userspace/session/capture/host_side.h"
#include "userspace/session/front/front_channel.h"

namespace scopetrace {

// What was allowed. The narrower of approval and request, field by field.
struct Authorization {
  Folders folders;
  ApprovalText document;
  Policy policy;
  Quorum quorum;
  SigningKey host_key;
  HostFacts host;
  AllowedTarget target;
  std::uint64_t now_s = 0;  // that all of it was judged by: scopes/clock_rule.h
  Digest rules{};           // of the redaction rule set …
  std::string rules_text;   // … and its profiles, one behind the other
  Level level = Level::kMetadata;
  std::vector<std::string> third_parties;
  std::vector<RequestMatch> requests;
  std::uint32_t capture = 0;  // families, as in Approval
  bool timing = false;        // durations of system calls
  std::uint64_t seconds = 0;  // from now on, up to the approval's not-after
  std::uint64_t max_bytes = 0;
  std::uint64_t max_events_per_second = 0;
};

// Errors: kRefused for everything about the approval and for a request that asks for more;
// kNotFound when there is no such process or group; kIo when this host is not set up.
Result<Authorization> authorize(const CaptureRequest& request, const Peer& peer);

}  // namespace scopetrace
