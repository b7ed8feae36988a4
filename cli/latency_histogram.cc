// SPDX-License-Identifier: Apache-2.0
#include "cli/latency_histogram.h"

#include <algorithm>
#include <bit>

namespace scopetrace {
namespace {

constexpr std::uint64_t kUnitNs = 1024;                // about a microsecond
constexpr std::uint64_t kParts = 32;                   // buckets between two powers of two
constexpr int kPartBits = 5;                           // kParts = 2^5
constexpr std::uint64_t kMaxUnits = (1ULL << 32) - 1;  // about 73 minutes

std::uint32_t bucket_of(std::uint64_t duration_ns) {
  const std::uint64_t units = std::min(duration_ns / kUnitNs, kMaxUnits);
  if (units < kParts) return static_cast<std::uint32_t>(units);
  const int shift = std::bit_width(units) - 1 - kPartBits;
  const std::uint64_t part = (units >> shift) - kParts;
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(shift + 1) * kParts + part);
}

// The middle of a bucket.
std::uint64_t value_of(std::uint32_t bucket) {
  if (bucket < kParts) return bucket * kUnitNs + kUnitNs / 2;
  const std::uint64_t shift = bucket / kParts - 1;
  const std::uint64_t begin = (kParts + bucket % kParts) << shift;
  return begin * kUnitNs + (kUnitNs << shift) / 2;
}

}  // namespace

void LatencyHistogram::add(std::uint64_t duration_ns) {
  const std::uint32_t bucket = bucket_of(duration_ns);
  const auto at = std::lower_bound(
      buckets_.begin(), buckets_.end(), bucket,
      [](const auto& entry, std::uint32_t wanted) { return entry.first < wanted; });
  ++count_;
  if (at != buckets_.end() && at->first == bucket) {
    ++at->second;
  } else {
    buckets_.insert(at, {bucket, 1});
  }
}

std::uint64_t LatencyHistogram::percentile_ns(unsigned percent) const {
  const std::uint64_t rank = std::max<std::uint64_t>((count_ * percent + 99) / 100, 1);
  std::uint64_t seen = 0;
  for (const auto& [bucket, count] : buckets_) {
    seen += count;
    if (seen >= rank) return value_of(bucket);
  }
  return 0;
}

}  // namespace scopetrace
