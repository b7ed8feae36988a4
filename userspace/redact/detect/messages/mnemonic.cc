// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/messages/mnemonic.h"

#include <algorithm>
#include <array>
#include <vector>

#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMinWords = 12;
constexpr std::size_t kMaxWords = 24;  // 12, 15, 18, 21 or 24 words
constexpr std::size_t kMinLetters = 3;
constexpr std::size_t kMaxLetters = 8;
constexpr std::size_t kMaxGap = 8;
constexpr std::size_t kMaxAhead = 96;

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_lower(text[end])) ++end;
    if (end > at) words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

bool is_gap(char c) { return is_space(c) || is_digit(c) || is_in(c, ",\"'+%-_.)\\[]|"); }

// The next word from `at` on, or an empty range when something else stands there.
TextRange next_word(std::string_view text, std::size_t at) {
  const std::size_t limit = std::min(text.size(), at + kMaxGap);
  while (at < limit && is_gap(text[at])) {
    const bool is_escape = text[at] == '\\' && at + 1 < limit &&
                           (text[at + 1] == 'n' || text[at + 1] == 't' || text[at + 1] == 'r');
    at += is_escape ? 2 : 1;
  }
  std::size_t end = at;
  while (end < text.size() && end - at <= kMaxLetters && is_letter(text[end])) ++end;
  return {at, end};
}

}  // namespace

bool is_mnemonic_word(std::string_view word) {
  static const std::vector<std::string_view> list = split(mnemonic_words());
  if (word.size() < kMinLetters || word.size() > kMaxLetters) return false;
  std::array<char, kMaxLetters> lower;
  std::transform(word.begin(), word.end(), lower.begin(), [](char c) { return to_lower(c); });
  return std::binary_search(list.begin(), list.end(), std::string_view(lower.data(), word.size()));
}

std::optional<TextRange> mnemonic_behind(std::string_view text, std::size_t at) {
  const std::size_t last_begin = at + kMaxAhead;
  std::size_t begin = at, count = 0, valid_end = at;
  while (at < text.size() && count < kMaxWords) {
    const TextRange word = next_word(text, at);
    if (is_mnemonic_word(text.substr(word.begin, word.end - word.begin))) {
      if (count++ == 0) begin = word.begin;
      at = word.end;
      if (count % 3 == 0) valid_end = at;
      continue;
    }
    if (count >= kMinWords) break;
    count = 0;
    at = std::max(word.end, at + 1);
    if (at > last_begin) return std::nullopt;
  }
  return count >= kMinWords ? std::optional(TextRange{begin, valid_end}) : std::nullopt;
}

}  // namespace scopetrace
