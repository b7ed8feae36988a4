// SPDX-License-Identifier: Apache-2.0
// What differs between an approval and an earlier one, and in which direction.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scopes/approval.h"

namespace scopetrace {

enum class ChangeKind {
  kWider,  // shows more, or to more people, or for longer
  kNarrower,
  kOther  // neither can be said: another host, another reason
};
std::string_view change_name(ChangeKind kind);  // wider, narrower, changed

struct ApprovalChange {
  ChangeKind kind = ChangeKind::kOther;
  std::string field;
  std::string text;  // `added x`, `removed x`, or `now (was before)`
};

// In the order of the fields. Ids, nonces and times are always others and left out, but not the
// length of the window.
std::vector<ApprovalChange> compare_approvals(const Approval& now, const Approval& before);

}  // namespace scopetrace
