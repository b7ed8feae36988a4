// SPDX-License-Identifier: Apache-2.0
// Where one of many short strings may stand: the first, inexact look for literals.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "userspace/redact/scan/bit_list.h"

namespace scopetrace {

// What a filter knows of its strings.
enum class FilterKind {
  kLetters,  // bytes 0x40–0x7F only
  kStart,    // any ASCII, where words begin
  kOther,    // any ASCII; only the first two bytes count
};

// Compares the low five bits of up to four bytes, which tells letters apart but not their case.
// The strings are divided among eight buckets; for each of the four places a table says which
// buckets have a string with such a byte there. A place is a candidate when one bucket is left in
// all four. The tables fit into registers, so that AVX2 looks at 32 places at once.
class LiteralFilter {
 public:
  static constexpr std::size_t kWindow = 4;
  // Bytes that may be read behind a block.
  static constexpr std::size_t kReadAhead = kWindow - 1;

  LiteralFilter() = default;
  // A string of two to kWindow bytes. `is_guarded`, of kLetters: not inside a lower-case word,
  // which is where short words turn up most.
  struct Wanted {
    std::string_view text;
    bool is_guarded = false;
  };
  LiteralFilter(FilterKind kind, std::vector<Wanted> strings);

  // Buckets by the low five bits of a byte, for one place.
  using Table = std::array<std::uint8_t, 32>;
  const std::array<Table, kWindow>& tables() const { return tables_; }
  // Buckets with strings too short to have such a place.
  const std::array<std::uint8_t, kWindow>& open() const { return open_; }
  // Of kStart: buckets whose strings begin with a byte of 0x40–0x7F, and with one below.
  static constexpr std::uint8_t kLetterBuckets = 0x7f;
  static constexpr std::uint8_t kDigitBuckets = 0x80;
  // Of kLetters: buckets of guarded strings.
  static constexpr std::uint8_t kGuardedBuckets = 0x07;

 private:
  std::array<Table, kWindow> tables_{};
  std::array<std::uint8_t, kWindow> open_{};
};

// How often the low five bits of a byte are those of `c` in a log: 0 to 1.
double frequency_of(char c);

struct FilterSet {
  LiteralFilter letters;
  LiteralFilter start;
  LiteralFilter other;
};

inline constexpr std::size_t kFilterBlocks = 32;  // looked at in one call, at most
struct FilterHits {
  BitList<kFilterBlocks> letters, start, other;
  void clear() {
    letters.clear();
    start.clear();
    other.clear();
  }
};

// Adds the candidates of `blocks` blocks of kMaskBytes from `text` on, behind which kReadAhead more
// bytes can be read, and one before. `starts` has a mask a block: where words begin. Offsets count
// from `base`. Uses AVX2 where the processor has it; the portable form gives the same result.
void find_candidates(const FilterSet& filters, const char* text, std::size_t blocks,
                     const std::uint64_t* starts, std::uint32_t base, FilterHits& hits);
void find_candidates_portably(const FilterSet& filters, const char* text, std::size_t blocks,
                              const std::uint64_t* starts, std::uint32_t base, FilterHits& hits);

}  // namespace scopetrace
