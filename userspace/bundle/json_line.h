// SPDX-License-Identifier: Apache-2.0
// What all lines of a bundle share: key order, the range of numbers, the form of times.
#pragma once

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "userspace/bundle/frame.h"

namespace scopetrace {

using Json = nlohmann::ordered_json;  // keys stay in the order in which they were added

// Doubles hold integers exactly below 2^53; many JSON readers know nothing else.
inline constexpr std::uint64_t kMaxJsonNumber = (std::uint64_t{1} << 53) - 1;

// A count or size as a JSON number; what would be too large says kMaxJsonNumber.
inline std::uint64_t json_number(std::uint64_t value) { return std::min(value, kMaxJsonNumber); }

// One line with its LF. Invalid UTF-8 becomes U+FFFD.
inline std::string dump_line(const Json& object) {
  return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

inline Json losses_json(const LossCounters& losses) {
  return {{"lost_kernel_events", json_number(losses.lost_kernel_events)},
          {"lost_kernel_bytes", json_number(losses.lost_kernel_bytes)},
          {"suppressed", json_number(losses.suppressed)},
          {"claimed_lost_user_events", json_number(losses.claimed_lost_user_events)},
          {"claimed_truncated_bytes", json_number(losses.claimed_truncated_bytes)},
          {"claimed_redactions", json_number(losses.claimed_redactions)}};
}

}  // namespace scopetrace
