// SPDX-License-Identifier: Apache-2.0
// Which bundles the policy wants deleted. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scopes/policy.h"
#include "userspace/session/capture/retention/stored_bundle.h"

namespace scopetrace {

// What is to become of one bundle.
struct RetentionChoice {
  const StoredBundle* bundle = nullptr;  // lives as long as the list that was judged
  bool is_doomed = false;
  bool is_obstructed = false;  // kept because it cannot be deleted safely
  std::string reason;  // why it is deleted, or why it is not although policy would; else empty
};

// One choice a bundle, in the order of the list. A legal hold wins over everything, then a running
// capture, then what stands in the way of a safe deletion. Of the rest, what is older than the
// policy's days goes; then, from the oldest on, as much as it takes until all bundles together
// (those that are kept for other reasons too) are within the policy's bytes.
std::vector<RetentionChoice> judge_retention(const std::vector<StoredBundle>& bundles,
                                             const PolicyRetention& policy, std::uint64_t now_s);

}  // namespace scopetrace
