// SPDX-License-Identifier: Apache-2.0
// Percentiles of durations in bounded memory.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace scopetrace {

// Counts durations in buckets that are exact below 32 us and 1/32 of their value wide above, so
// that a percentile is right within 1.6 %. Durations over 73 minutes count as that. At most 896
// buckets of 8 bytes, and only those that are used.
class LatencyHistogram {
 public:
  void add(std::uint64_t duration_ns);
  std::uint64_t count() const { return count_; }
  // The value at `percent` (nearest rank), nanoseconds; 0 of nothing.
  std::uint64_t percentile_ns(unsigned percent) const;

 private:
  std::vector<std::pair<std::uint32_t, std::uint32_t>> buckets_;  // index, count; ascending
  std::uint64_t count_ = 0;
};

}  // namespace scopetrace
