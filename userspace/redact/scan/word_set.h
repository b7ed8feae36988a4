// SPDX-License-Identifier: Apache-2.0
// Whether a short text holds one of some words.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace scopetrace {

// One walk over the text, however many words there are: a place is compared with the words only
// where two bytes agree with a word's first two in their low five bits. Words have at least two
// bytes. Borrows them.
class WordSet {
 public:
  explicit constexpr WordSet(std::span<const std::string_view> words) : words_(words) {
    for (const std::string_view word : words) {
      pairs_[fold(word[0])] |= std::uint32_t{1} << fold(word[1]);
    }
  }

  constexpr bool is_in(std::string_view text) const {
    for (std::size_t at = 0; at + 1 < text.size(); ++at) {
      if (may_begin(text[at], text[at + 1]) && begins_with_word(text.substr(at))) return true;
    }
    return false;
  }
  // Whether one of the words begins the text.
  constexpr bool begins(std::string_view text) const {
    return text.size() > 1 && may_begin(text[0], text[1]) && begins_with_word(text);
  }

 private:
  static constexpr unsigned fold(char c) { return static_cast<unsigned char>(c) & 31; }
  constexpr bool may_begin(char first, char second) const {
    return (pairs_[fold(first)] >> fold(second) & 1) != 0;
  }
  constexpr bool begins_with_word(std::string_view text) const {
    return std::any_of(words_.begin(), words_.end(),
                       [&](std::string_view word) { return text.starts_with(word); });
  }

  std::span<const std::string_view> words_;
  std::array<std::uint32_t, 32> pairs_{};
};

}  // namespace scopetrace
