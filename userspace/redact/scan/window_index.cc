// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/scan/window_index.h"

#include <algorithm>
#include <cstring>

namespace scopetrace {
namespace {

// Calls take(c) for each character of the set, folded.
template <class Take>
void each_folded(const ByteSet& set, Take take) {
  ByteSet folded;
  for (unsigned c = 0; c < set.size(); ++c) {
    if (set[c]) folded.set(c | 0x20);
  }
  for (FourBytes c = 0; c < folded.size(); ++c) {
    if (folded[c]) take(c);
  }
}

}  // namespace

void WindowIndex::mark(FourBytes key) {
  const std::uint32_t slot = hash(key, kSlotBits);
  slots_[slot / 64] |= std::uint64_t{1} << slot % 64;
}

void WindowIndex::add(EightBytes key, std::size_t size_bytes, const ByteSet& next, Window window) {
  const auto four = static_cast<FourBytes>(key);
  entries_.push_back({key, ~EightBytes{0} >> (64 - 8 * size_bytes), window});
  if (size_bytes > 3) return mark(four);
  each_folded(next, [&](FourBytes c) { mark(four | c << 24); });
}

void WindowIndex::add(std::string_view bytes, const NextBytes& next, Window window) {
  EightBytes key = 0;
  std::memcpy(&key, bytes.data(), bytes.size());
  key |= kFold >> (64 - 8 * bytes.size());
  if (bytes.size() > 2) return add(key, bytes.size(), next[0], window);
  each_folded(next[0], [&](EightBytes c) { add(key | c << 16, 3, next[1], window); });
}

void WindowIndex::build() {
  const auto bucket = [](const Entry& entry) { return bucket_of(entry.key); };
  std::stable_sort(entries_.begin(), entries_.end(),
                   [&](const Entry& a, const Entry& b) { return bucket(a) < bucket(b); });
  for (std::size_t i = 0, next = 0; i < begins_.size(); ++i) {
    while (next < entries_.size() && bucket(entries_[next]) < i) ++next;
    begins_[i] = static_cast<std::uint32_t>(next);
  }
}

}  // namespace scopetrace
