// SPDX-License-Identifier: Apache-2.0
// Whether an approval fits this host, this process and this moment. Signatures: scopes/quorum.h.
#pragma once

#include <cstdint>
#include <optional>

#include "scopes/approval.h"
#include "scopes/control_group.h"
#include "scopes/target.h"
#include "userspace/base/result.h"

namespace scopetrace {

// What is true now, gathered by the program that is about to attach.
struct CheckFacts {
  std::uint64_t now_s = 0;  // CLOCK_REALTIME, seconds
  HostFacts host;
  std::string host_key;                 // fingerprint of this host's key
  std::optional<ProcessFacts> process;  // for pid= targets
  std::optional<GroupFacts> group;      // for unit=, container= and cgroup= targets
  std::optional<Digest> command_exe;    // for `command` targets: digest of the program to start
  Digest redaction{};                   // of the rule set that would be used
  std::uint64_t uses_so_far = 0;
};

// Refuses an approval that names another host, host key or boot. Asked before its signatures are
// judged: of another host's block this host could only say that it does not know the key.
Status check_host(const Approval& approval, const HostFacts& host, const std::string& host_key);

// Accepts or refuses. Each refusal is kRefused with a message that names both values, and as hint
// the `scopetrace token request` command that asks for a fitting approval. Order: validity, host,
// boot, target, rule set, uses.
Status check_approval(const Approval& approval, const CheckFacts& facts);

// The command that would ask for this approval again, with shell quoting. `tgid` replaces the one
// in the approval.
std::string request_command(const Approval& approval, std::optional<std::uint32_t> tgid = {});

}  // namespace scopetrace
