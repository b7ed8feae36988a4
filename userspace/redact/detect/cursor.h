// SPDX-License-Identifier: Apache-2.0
// Reading on in a text, and the quotation marks that texts use.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

#include "userspace/redact/scan/text_class.h"

namespace scopetrace {

constexpr bool is_quote(char c) { return c == '"' || c == '\'' || c == '`'; }
constexpr bool is_line_end(char c) { return c == '\n' || c == '\r'; }
constexpr bool is_key_char(char c) { return is_alnum(c) || c == '_' || c == '-' || c == '.'; }

// A place in a text. Beyond the end there are only zeros.
struct Cursor {
  static constexpr std::size_t kMaxBlanks = 64;  // YAML and tables align values

  std::string_view text;
  std::size_t at;

  char peek(std::size_t n = 0) const { return at + n < text.size() ? text[at + n] : '\0'; }
  char before() const { return at > 0 && at <= text.size() ? text[at - 1] : '\0'; }
  bool is_over() const { return at >= text.size(); }
  void skip_blanks() {
    const std::size_t limit = std::min(text.size(), at + kMaxBlanks);
    while (at < limit && is_blank(text[at])) ++at;
  }
  // Also over line ends.
  void skip_spaces() {
    const std::size_t limit = std::min(text.size(), at + kMaxBlanks);
    while (at < limit && is_space(text[at])) ++at;
  }
  // Over emphasis of Markdown and colours of terminals (ESC [ 36 m).
  void skip_emphasis();
  bool starts_with(std::string_view word) const {
    return text.substr(std::min(at, text.size())).starts_with(word);
  }
  bool takes(std::string_view word) {
    if (!starts_with(word)) return false;
    at += word.size();
    return true;
  }
  // The end of a line, also one that is written as \n or \r.
  bool is_at_line_end() const {
    return is_over() || is_line_end(peek()) ||
           (peek() == '\\' && (peek(1) == 'n' || peek(1) == 'r'));
  }
};

// An opening quotation mark: ", ' or `, three of them, \" of a string in a string, &quot; of
// markup, “ of prose.
struct Quote {
  char mark = '"';
  std::size_t escapes = 0;      // backslashes in front of it
  std::string_view close = {};  // what ends it, when that is not `mark`
  std::size_t size = 1;         // bytes of the whole
};

std::optional<Quote> quote_at(std::string_view text, std::size_t at);
// Where the opening quotation mark that ends at `end` begins, or nothing.
std::optional<std::size_t> quote_begin(std::string_view text, std::size_t end);

}  // namespace scopetrace
