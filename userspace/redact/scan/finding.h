// SPDX-License-Identifier: Apache-2.0
// What a detector found in a text.
#pragma once

#include <string_view>
#include <vector>

#include "userspace/redact/rules/shape.h"

namespace scopetrace {

struct Finding {
  TextRange range;
  std::string_view class_name;  // owned by the rules or a literal
  bool is_learned = false;      // found only because the value was seen before
};

// Sorts and makes disjoint: where findings overlap they become one, of the longest one's class.
// Deterministic whatever order the detectors ran in.
void merge_findings(std::vector<Finding>& findings);

}  // namespace scopetrace
