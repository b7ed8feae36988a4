// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/scan/word_places.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace scopetrace {
namespace {

constexpr std::size_t kFew = sizeof(FourBytes);  // bytes that decide

template <class Bytes>
Bytes load(const char* at) {
  Bytes bytes;
  std::memcpy(&bytes, at, sizeof(bytes));
  return bytes;
}

// Four of them; a long word ends there, so there are that many.
FourBytes four_before(const char* at) {
  return __builtin_bswap32(load<FourBytes>(at - sizeof(FourBytes)));
}

// The offsets of the bits of some masks, AtOnce of them at a time: as many as most masks have, for
// a branch that depends on the text costs more than some stores.
template <std::size_t AtOnce>
ST_ALWAYS_INLINE std::size_t flatten(const std::uint64_t* masks, std::size_t count,
                                     std::uint32_t base, WordPlaces::Offsets& out) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < count; ++i, base += kMaskBytes) {
    std::uint64_t mask = masks[i];
    const std::size_t end = size + static_cast<std::size_t>(std::popcount(mask));
    while (size < end) {
#pragma GCC unroll 8
      for (std::size_t j = 0; j < AtOnce; ++j, mask &= mask - 1)
        out[size + j] = base + lowest_bit(mask);
      size += AtOnce;
    }
    size = end;
  }
  return size;
}

// Keeps the offsets that pass; returns how many. No branch per offset: most fail, and which ones
// cannot be foreseen.
template <class Test>
ST_ALWAYS_INLINE std::size_t keep_if(WordPlaces::Offsets& offsets, std::size_t count, Test test) {
  std::size_t kept = 0;
#pragma GCC unroll 4
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t at = offsets[i];
    offsets[kept] = at;
    kept += test(at) ? 1 : 0;
  }
  return kept;
}

// Where a literal may begin a word.
ST_ALWAYS_INLINE std::size_t keep_begins(const WindowIndex& index, std::string_view text,
                                         WordPlaces::Offsets& offsets, std::size_t count) {
  const bool is_inside = count > 0 && offsets[count - 1] + kFew <= text.size();
  count = is_inside ? keep_if(offsets, count,
                              [&](std::uint32_t at) {
                                return index.may_have(load<FourBytes>(text.data() + at));
                              })
                    : keep_if(offsets, count, [&](std::uint32_t at) {
                        return index.may_have(static_cast<FourBytes>(bytes_at(text, at).head));
                      });
  return keep_if(offsets, count,
                 [&](std::uint32_t at) { return index.may_go_on(bytes_at(text, at).head); });
}

ST_ALWAYS_INLINE std::size_t keep_ends(const WindowIndex& index, std::string_view text,
                                       WordPlaces::Offsets& offsets, std::size_t count) {
  return keep_if(offsets, count,
                 [&](std::uint32_t at) { return index.may_have(four_before(text.data() + at)); });
}

}  // namespace

SixteenBytes bytes_at(std::string_view text, std::size_t at) {
  if (at + sizeof(SixteenBytes) <= text.size()) return load<SixteenBytes>(text.data() + at);
  SixteenBytes bytes;
  std::memcpy(&bytes, text.data() + at, text.size() - at);
  return bytes;
}

SixteenBytes bytes_before(std::string_view text, std::size_t at) {
  SixteenBytes bytes;
  const std::size_t size = std::min(at, sizeof(bytes));
  std::memcpy(reinterpret_cast<char*>(&bytes) + sizeof(bytes) - size, text.data() + at - size,
              size);
  return {__builtin_bswap64(bytes.tail), __builtin_bswap64(bytes.head)};
}

// What one look is about.
struct WordPlaces::Blocks {
  const WordIndexes& words;
  std::string_view text;
  const CharHits& chars;
  std::size_t first, count;
};

ST_ALWAYS_INLINE void WordPlaces::look(const Blocks& blocks) {
  const auto base = static_cast<std::uint32_t>(blocks.first * kMaskBytes);
  const std::uint64_t* begins = blocks.chars.word_begins.data() + blocks.first;
  const std::uint64_t* ends = blocks.chars.word_ends.data() + blocks.first;
  begin_count_ = flatten<8>(begins, blocks.count, base - 1, begins_);
  begin_count_ = keep_begins(blocks.words.begins, blocks.text, begins_, begin_count_);
  end_count_ = flatten<4>(ends, blocks.count, base, ends_);
  end_count_ = keep_ends(blocks.words.ends, blocks.text, ends_, end_count_);
}

#if defined(__x86_64__)
// The same, with the processor's instructions for bits.
__attribute__((target("bmi,bmi2,popcnt"))) void WordPlaces::look_by_bmi(const Blocks& blocks) {
  look(blocks);
}
#endif

void WordPlaces::look(const WordIndexes& words, std::string_view text, const CharHits& chars,
                      std::size_t first, std::size_t count) {
  const Blocks blocks{words, text, chars, first, count};
#if defined(__x86_64__)
  static const bool has_bmi = __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
  if (has_bmi) return look_by_bmi(blocks);
#endif
  look(blocks);
}

}  // namespace scopetrace
