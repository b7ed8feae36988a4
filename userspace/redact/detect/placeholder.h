// SPDX-License-Identifier: Apache-2.0
// The placeholders that an earlier pass left in a text.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

#include "userspace/redact/scan/text_class.h"

namespace scopetrace {

inline constexpr std::string_view kPlaceholderMark = "[REDACTED:";

// The end of the placeholder that begins at `at`, or nothing: [REDACTED:<class>] with or without
// :<16 hex>. Strict, so that a mark in captured text hides nothing behind it.
inline std::optional<std::size_t> placeholder_end(std::string_view text, std::size_t at) {
  constexpr std::size_t kMaxClass = 48;
  std::size_t end = at + kPlaceholderMark.size();
  const std::size_t limit = std::min(text.size(), end + kMaxClass);
  while (end < limit && (is_lower(text[end]) || is_digit(text[end]) || text[end] == '-')) ++end;
  if (end < text.size() && text[end] == ']') return end + 1;
  const std::string_view tag = text.substr(std::min(end, text.size()), 18);
  const bool is_tag = tag.size() == 18 && tag.front() == ':' && tag.back() == ']' &&
                      std::all_of(tag.begin() + 1, tag.end() - 1,
                                  [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
  return is_tag ? std::optional(end + 18) : std::nullopt;
}

// Whether a text is one placeholder, ours or the one of other tools, and nothing else.
inline bool is_placeholder(std::string_view text) {
  if (text == "[REDACTED]") return true;
  return text.starts_with(kPlaceholderMark) && placeholder_end(text, 0) == text.size();
}

// Whether the word that begins at `at` is the class of a placeholder.
inline bool is_placeholder_class(std::string_view text, std::size_t at) {
  return stands_before(text, at, kPlaceholderMark) &&
         placeholder_end(text, at - kPlaceholderMark.size()).has_value();
}

}  // namespace scopetrace
