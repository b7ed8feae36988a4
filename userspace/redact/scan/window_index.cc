// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/scan/window_index.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

// The same byte for each of `text`, told by `byte_of`.
template <class ByteOf>
SixteenBytes each_byte(std::string_view text, ByteOf byte_of) {
  std::array<unsigned char, sizeof(SixteenBytes)> bytes{};
  for (std::size_t i = 0; i < text.size(); ++i)
    bytes[i] = static_cast<unsigned char>(byte_of(text[i]));
  SixteenBytes numbers;
  std::memcpy(&numbers, bytes.data(), bytes.size());
  return numbers;
}

}  // namespace

void WindowIndex::add(std::string_view bytes, const ByteSet& next, Window window) {
  if (bytes.size() > 2) return add(bytes, window);
  for (unsigned i = 0; i < next.size(); ++i) {
    const char c = static_cast<char>(i);
    if (next[i]) add(std::string(bytes) + (window.ignores_case ? to_lower(c) : c), window);
  }
}

void WindowIndex::add(std::string_view bytes, Window window) {
  const auto key = each_byte(bytes, [](char c) { return c; });
  const auto fold =
      each_byte(bytes, [&](char c) { return window.ignores_case && is_letter(c) ? 0x20 : 0; });
  const Entry entry{key, fold, each_byte(bytes, [](char) { return 0xff; }), window};
  const FourBytes four = static_cast<FourBytes>(key.head) | kFold;
  const bool is_long = bytes.size() > 3;
  (is_long ? long_.entries : short_.entries).push_back(entry);
  if (!is_long) return mark(threes_, hash(four & kThree, kThreeBits));
  mark(fours_, hash(four, kFourBits));
  if (bytes.size() < kSix) return mark(fives_, hash(four, kFourBits));
  mark(sixes_, hash_of_six(key.head));
}

// `deciding`: which of a window's first four bytes decide.
template <unsigned BucketBits>
void WindowIndex::Table<BucketBits>::build(FourBytes deciding) {
  const auto bucket = [&](const Entry& entry) {
    return hash((static_cast<FourBytes>(entry.key.head) | kFold) & deciding, BucketBits);
  };
  std::stable_sort(entries.begin(), entries.end(),
                   [&](const Entry& a, const Entry& b) { return bucket(a) < bucket(b); });
  for (std::size_t i = 0, next = 0; i < begins.size(); ++i) {
    while (next < entries.size() && bucket(entries[next]) < i) ++next;
    begins[i] = static_cast<std::uint32_t>(next);
  }
}

void WindowIndex::build() {
  long_.build(~FourBytes{0});
  short_.build(kThree);
}

}  // namespace scopetrace
