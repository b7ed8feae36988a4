// SPDX-License-Identifier: Apache-2.0
// Finds many literals in one pass: most of them only where words begin or end.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/redact/scan/byte_set.h"
#include "userspace/redact/scan/char_scan.h"
#include "userspace/redact/scan/triple_filter.h"
#include "userspace/redact/scan/window_index.h"
#include "userspace/redact/scan/word_places.h"

namespace scopetrace {

struct Literal {
  std::string text;  // at least two characters
  bool ignores_case = false;
  // Of one that begins with a letter: only where a word or a part of one begins
  // (CharHits::word_begins); of one that begins with a digit: only where a token does
  // (is_token_start()).
  bool begins_word = true;
  // Not where letters of the same word follow it, but for the s of a plural. One of up to three
  // characters only before digits and signs, one of two only before some of these.
  bool is_whole = false;
  // Also where a long word ends (CharHits::word_ends).
  bool ends_word = false;
  ByteSet next = ByteSet().set();  // what may follow
};

// One occurrence.
struct LiteralHit {
  std::uint32_t literal;     // index of the literal
  std::uint32_t begin, end;  // where it stands in the text
};

// Each literal is looked for where a word begins or ends, or else by its three rarest bytes: what
// begins with a digit or has no letters. Costs by the word and by the candidate, not by the
// literal. Immutable once made.
class LiteralScan {
 public:
  static constexpr std::size_t kMaxLiterals = 65535;
  // Errors: kCorrupt for too many literals, or one that is too short.
  static Result<LiteralScan> make(std::vector<Literal> literals);

  // Replaces `hits` by all occurrences in `text` (at most 4 GiB), each once, in its order. `chars`
  // is what scan_chars() says of the text.
  void find(std::string_view text, const CharHits& chars, std::vector<LiteralHit>& hits) const;
  const std::vector<Literal>& literals() const { return literals_; }

 private:
  struct Search;

  Status add(std::uint32_t literal);
  bool add_begin(std::uint32_t literal);
  void add_end(std::uint32_t literal);
  void add_triple(std::uint32_t literal);
  void find_words(Search& search, std::size_t first, std::size_t count) const;
  void find_triples(Search& search, std::size_t first, std::size_t count) const;
  bool stands_at(std::uint32_t literal, std::string_view text, std::size_t begin) const;
  void take(Search& search, std::size_t at, const WindowIndex::Window& window) const;

  // What each hit asks of its literal: little, so that it stays in the cache.
  struct Brief {
    std::uint32_t size;
    bool is_whole;
    bool begins_number;  // where a token begins only
  };

  std::vector<Literal> literals_;  // lower case where case is ignored
  std::vector<Brief> briefs_;      // by literal
  WordIndexes words_;
  TripleFilter triples_;
  WindowIndex behind_triples_;  // the literals from their triples on
};

}  // namespace scopetrace
