// SPDX-License-Identifier: Apache-2.0
// How many approvals each rule of policy demands of one approval: the most of them is what counts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scopes/policy.h"

namespace scopetrace {

struct ApprovalDemand {
  std::uint64_t count = 0;
  std::string rule;         // the key in policy.json, or the approval's own text
  bool is_of_text = false;  // asked for by the requester, not by policy
};

// Every rule that applies, those of policy first; at least one.
std::vector<ApprovalDemand> find_approval_demands(const Policy& policy, const Approval& approval);

}  // namespace scopetrace
