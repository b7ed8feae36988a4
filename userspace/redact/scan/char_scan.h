// SPDX-License-Identifier: Apache-2.0
// The first look at every byte: where a number, an address, an escape or a long token may stand.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace scopetrace {

// Offsets into a text, ascending, and masks of one bit a byte. Reused from text to text, so that
// nothing is allocated per hit.
struct CharHits {
  std::vector<std::uint32_t> numbers;  // begins of ≥ kMinNumber digits, single blanks or - between
  std::vector<std::uint32_t> tokens;   // begins of ≥ kMinToken characters of base64 or base64url
  std::vector<std::uint32_t> signs;    // every @ and %
  // Bit i of word w is about the byte before 64 w + i, so that what begins a word may depend on
  // what follows. Letters that a word or a part of one begins with: no letter or digit stands
  // before them, or the end of an escape may (%3D, \n, \u0026); or a capital that begins a word in
  // a name (dbPassword, DBPassword). Numbers begin no word: they are most words of a log.
  std::vector<std::uint64_t> word_begins;
  // Bit i of word w: behind the byte before 64 w + i, ≥ kMinWord letters end, or a part of such.
  std::vector<std::uint64_t> word_ends;

  static constexpr unsigned kMinNumber = 6;
  static constexpr unsigned kMinToken = 16;
  static constexpr unsigned kMinWord = 5;
  void clear();
};

// Fills `hits` from `text`, at most 4 GiB. Uses AVX2 where the processor has it; the portable form
// gives the same result.
void scan_chars(std::string_view text, CharHits& hits);
void scan_chars_portably(std::string_view text, CharHits& hits);

}  // namespace scopetrace
