// SPDX-License-Identifier: Apache-2.0
// Of the places where words begin and end, those where one of some strings may stand.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "userspace/redact/scan/bit_list.h"
#include "userspace/redact/scan/char_scan.h"
#include "userspace/redact/scan/window_index.h"

namespace scopetrace {

// The bytes of `text` from `at` on; zeros behind its end.
SixteenBytes bytes_at(std::string_view text, std::size_t at);
// The bytes before `at`, the last one first; zeros before the text.
SixteenBytes bytes_before(std::string_view text, std::size_t at);

// What words may begin with, and what they may end with, the last byte first.
struct WordIndexes {
  WindowIndex begins, ends;
};

// What a look at some words finds: offsets of a text, ascending. Reused; nothing is allocated.
class WordPlaces {
 public:
  static constexpr std::size_t kMaxBlocks = 16;  // of kMaskBytes, in one look

  // Replaces the content by what is in `count` blocks from `first` on, at most kMaxBlocks. `chars`
  // is what scan_chars() says of `text`.
  void look(const WordIndexes& words, std::string_view text, const CharHits& chars,
            std::size_t first, std::size_t count);

  std::span<const std::uint32_t> begins() const { return {begins_.data(), begin_count_}; }
  std::span<const std::uint32_t> ends() const { return {ends_.data(), end_count_}; }

  using Offsets = std::array<std::uint32_t, (kMaxBlocks + 1) * kMaskBytes>;

 private:
  struct Blocks;
  void look(const Blocks& blocks);
  void look_by_bmi(const Blocks& blocks);

  Offsets begins_, ends_;
  std::size_t begin_count_ = 0, end_count_ = 0;
};

}  // namespace scopetrace
