// SPDX-License-Identifier: Apache-2.0
// Finds many literals in one pass.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/redact/scan/literal_filter.h"

namespace scopetrace {

struct Literal {
  std::string text;  // at least two characters
  bool ignores_case = false;
  // Only where its first letter or digit begins a word: cheaper to look for. Without effect on
  // literals that have but one character from there on.
  bool begins_word = false;
  // Not between lower-case letters: for words so short that other words hold them. For literals of
  // three letters.
  bool is_guarded = false;
};

// One occurrence.
struct LiteralHit {
  std::uint32_t literal;  // index of the literal
  std::uint32_t begin;    // where it stands in the text
};

// Which literals have given bytes at a given place.
class WindowIndex {
 public:
  struct Window {
    std::uint32_t literal = 0;
    std::uint32_t offset = 0;  // in the literal
  };

  // `bytes`: 2 to 4, compared without case and as inexactly as LiteralFilter does.
  void add(std::string_view bytes, Window window);
  // Whether a literal may stand at these four bytes.
  bool may_have(std::uint32_t bytes) const {
    const std::uint32_t three = (bytes & 31) | (bytes >> 3 & 31 << 5) | (bytes >> 6 & 31 << 10);
    return (heads3_[three / 64] >> three % 64 & 1) != 0;
  }
  // Calls take(window) for each that may.
  template <class Take>
  void each(std::uint32_t bytes, Take take) const {
    for (std::uint32_t size = 2; size <= LiteralFilter::kWindow; ++size) {
      const std::uint32_t key = key_of(bytes, size);
      for (std::uint32_t i = heads_[size - 2][slot_of(key)]; i != 0; i = entries_[i - 1].next) {
        if (entries_[i - 1].key == key) take(entries_[i - 1].window);
      }
    }
  }

 private:
  static constexpr unsigned kSlotBits = 10;
  struct Entry {
    std::uint32_t key;
    std::uint32_t next;  // 1 + index of the next entry of this slot; 0 for none
    Window window;
  };
  static std::uint32_t key_of(std::uint32_t bytes, std::uint32_t size) {
    return bytes & 0x1f1f1f1fU >> (32 - 8 * size);
  }
  static std::uint32_t slot_of(std::uint32_t key) { return key * 0x9e3779b1U >> (32 - kSlotBits); }

  std::array<std::array<std::uint16_t, 1 << kSlotBits>, LiteralFilter::kWindow - 1> heads_{};
  std::array<std::uint64_t, 512> heads3_{};  // bit: a window begins with such three bytes
  std::vector<Entry> entries_;
};

// Looks for the rarest few bytes of each literal (LiteralFilter), then compares the whole. Costs by
// the byte and by the candidate, not by the literal. Immutable once made.
class LiteralScan {
 public:
  static constexpr std::size_t kMaxLiterals = 65535;
  // Errors: kCorrupt for too many literals, or one without two ASCII characters in a row.
  static Result<LiteralScan> make(std::vector<Literal> literals);

  // Replaces `hits` by all occurrences in `text` (at most 4 GiB), those of one literal in the order
  // of the text, those of different ones nearly so. `starts` is where words begin, as scan_chars()
  // says it.
  void find(std::string_view text, const std::vector<std::uint64_t>& starts,
            std::vector<LiteralHit>& hits) const;
  const std::vector<Literal>& literals() const { return literals_; }

 private:
  static constexpr std::size_t kKinds = 3;  // FilterKind
  struct Chunk;
  using Windows = std::array<std::vector<LiteralFilter::Wanted>, kKinds>;

  Status add(std::uint32_t literal, Windows& windows);
  void take(const Chunk& chunk, const WindowIndex& index, std::span<const std::uint32_t> candidates,
            std::vector<LiteralHit>& hits) const;
  bool stands_at(std::uint32_t literal, std::string_view text, std::size_t begin) const;

  std::vector<Literal> literals_;  // lower case where case is ignored
  FilterSet filters_;
  std::array<WindowIndex, kKinds> indexes_;
};

}  // namespace scopetrace
