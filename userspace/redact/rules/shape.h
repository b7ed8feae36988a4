// SPDX-License-Identifier: Apache-2.0
// The small pattern language of value shapes: one literal to search for, runs of characters around
// it. Weaker than a regular expression on purpose: matching never backtracks.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/redact/scan/byte_set.h"

namespace scopetrace {

// `count_min` to `count_max` characters of one set.
struct ShapeRun {
  ByteSet set;
  std::uint32_t count_min = 1;
  std::uint32_t count_max = 1;
  bool operator==(const ShapeRun&) const = default;
};

// Half-open range of a text.
struct TextRange {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool operator==(const TextRange&) const = default;
};

// A parsed shape. Grammar:
//
//   shape   = *( literal / run )
//   literal = characters other than [ ] { } \ , or \ and any character
//   run     = "[" set "]" "{" min [ "," [ max ] ] "}"
//   set     = a name (alnum, upper-alnum, lower-alnum, letter, digit, hex, base32, base64,
//             base64url, bech32, printable), characters and ranges as in a regular expression, or a
//             name and further characters; letters of a list stand in their order, so that a
//             mistyped name is none
//
// An open maximum means as far as the set goes, at most kShapeMaxRun characters. A run of variable
// length must not be followed by a character of its own set, runs that may be empty aside (the
// match would be ambiguous). A shape matches only where no further alphanumeric character stands
// directly before it, and, unless its last run is open, directly behind it.
class Shape {
 public:
  static constexpr std::uint32_t kShapeMaxRun = 4096;

  // Errors: kCorrupt with the reason and the column.
  static Result<Shape> parse(std::string_view text);

  bool empty() const { return runs_.empty(); }
  // The longest literal inside, or one of three characters and more at the begin rather than one in
  // the middle of a word: what the prefilter searches for. Empty when there is none.
  const std::string& literal() const { return literal_; }
  // Whether the first letter or digit of the literal begins a word wherever the shape matches.
  bool literal_begins_word() const;
  // What may stand behind the literal; any character behind the end of the shape.
  ByteSet behind_literal() const;
  // How far the characters of each open run go, as far as it was looked at: by run, or empty.
  using Stretches = std::vector<TextRange>;

  // The match around the literal that begins at `at`, or nothing. `stretches` is empty at the first
  // occurrence in a text and then passed on in their order, so that a text full of literals takes
  // linear time.
  std::optional<TextRange> match_around(std::string_view text, std::size_t at,
                                        Stretches& stretches) const;
  std::optional<TextRange> match_around(std::string_view text, std::size_t at) const {
    Stretches stretches;
    return match_around(text, at, stretches);
  }
  // Whether the whole of `text` has this shape.
  bool matches_whole(std::string_view text) const;
  // A text of this shape. For tests and seeds: examples are never stored. Defined for
  // std::mt19937_64; a template so that not everybody who knows shapes has to read <random>.
  template <typename Random>
  std::string generate(Random& random) const;

 private:
  void choose_literal();
  bool begins_word(std::string_view literal, std::size_t run) const;

  std::vector<ShapeRun> runs_;  // a literal is one run per character
  std::string literal_;
  std::size_t literal_run_ = 0;  // index of the literal's first run
};

}  // namespace scopetrace
