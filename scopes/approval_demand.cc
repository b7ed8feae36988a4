// SPDX-License-Identifier: Apache-2.0
#include "scopes/approval_demand.h"

#include <algorithm>

namespace scopetrace {

std::vector<ApprovalDemand> find_approval_demands(const Policy& policy, const Approval& approval) {
  if (approval.is_break_glass) {
    const bool is_alone =
        approval.level == Level::kMetadata && policy.break_glass.is_requester_enough;
    return {{is_alone ? 0U : 1U, "break_glass", false}};
  }
  std::vector<ApprovalDemand> demands = {
      {policy.approvals[static_cast<std::size_t>(approval.level)],
       "approvals." + std::string(level_name(approval.level)), false}};
  if (approval.has_any_third_party()) {
    demands.push_back({policy.approvals_any_third_party, "approvals.any_third_party", false});
  }
  if (approval.has_any_request() && approval.max_seconds > policy.any_request_seconds) {
    demands.push_back({policy.approvals_any_request, "approvals.any_request", false});
  }
  if (policy.environment != "development") {
    demands.push_back({1, "environment " + policy.environment, false});
  }
  demands.push_back({approval.approvals, "the text of the request", true});
  return demands;
}

std::uint64_t Policy::approvals_needed(const Approval& approval) const {
  std::uint64_t needed = 0;
  for (const ApprovalDemand& demand : find_approval_demands(*this, approval)) {
    needed = std::max(needed, demand.count);
  }
  return needed;
}

}  // namespace scopetrace
