// SPDX-License-Identifier: Apache-2.0
// Whether what was captured was approved: of a bundle, and of a part of one that was exported.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scopes/approval.h"
#include "scopes/trust.h"
#include "userspace/bundle/session_text.h"

namespace scopetrace {

struct ApprovalJudgement {
  std::string id;                       // empty when the text is no approval
  std::vector<std::string> recipients;  // of an encrypted bundle
  std::vector<std::string> approvers;   // persons whose approval counts
  std::vector<std::string> faults;      // why it does not cover the capture; none: it does
};

// At the signed start of the session, and by the rules that its host states there. `trust` may be
// null: then nobody's signature counts, and only host and time are judged.
ApprovalJudgement judge_approval(std::string_view text, const SessionText& session,
                                 const std::string& host_key_fingerprint, const Trust* trust);

}  // namespace scopetrace
