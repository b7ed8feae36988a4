// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/programs/sql_text.h"

#include <algorithm>

#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxName = 128;
constexpr std::size_t kMaxTag = 32;           // of a dollar quote
constexpr std::size_t kMaxExpression = 1024;  // without its strings

bool is_name_char(char c) { return is_alnum(c) || c == '_' || c == '$' || c == '.' || c == '-'; }

char closing_of(char open) { return open == '[' ? ']' : open; }

// How many backslashes stand before the opening quote: of SQL inside another string.
std::size_t count_escapes(std::string_view text, std::size_t at) {
  std::size_t count = 0;
  while (at + count < text.size() && count < 8 && text[at + count] == '\\') ++count;
  return count;
}

// Where the quote is, behind a prefix of the literal: N, E, B, X, U&, _utf8.
std::optional<std::size_t> quote_at(std::string_view text, std::size_t at) {
  std::size_t quote = at + count_escapes(text, at);
  if (quote == at && quote + 1 < text.size() && is_letter(text[quote]) && text[quote + 1] == '\'')
    ++quote;
  if (quote >= text.size() || (text[quote] != '\'' && text[quote] != '"')) return std::nullopt;
  return quote;
}

// $$ or $tag$ at `at`.
std::optional<std::string_view> dollar_tag_at(std::string_view text, std::size_t at) {
  const std::string_view ahead = text.substr(at, kMaxTag);
  if (ahead.size() < 2 || ahead[0] != '$' || is_digit(ahead[1])) return std::nullopt;
  const auto end = ahead.find('$', 1);
  if (end == ahead.npos) return std::nullopt;
  const std::string_view name = ahead.substr(1, end - 1);
  const bool is_tag = std::all_of(name.begin(), name.end(), is_alnum);
  return is_tag ? std::optional(ahead.substr(0, end + 1)) : std::nullopt;
}

// Whether the quote at `at` ends a literal although a backslash stands before it.
bool ends_in_backslash(std::string_view text, std::size_t at) {
  const std::size_t next = skip_sql_space(text, at + 1);
  return next < text.size() && is_in(text[next], ",);");
}

// Whether the quote behind the backslash at `at` ends the literal.
bool ends_behind_backslash(std::string_view text, std::size_t at, char quote, bool is_nested) {
  if (text[at + 1] != quote) return false;
  return is_nested || (quote == '\'' && ends_in_backslash(text, at + 1));
}

// The end of the literal whose quote is at `open`, before `limit`. `is_nested`: in another string,
// so that a backslash stands before each quote.
std::size_t literal_end(std::string_view text, std::size_t open, std::size_t limit,
                        bool is_nested) {
  const char quote = text[open];
  for (std::size_t i = open + 1; i < limit; ++i) {
    if (text[i] == '\\' && i + 1 < limit) {
      if (ends_behind_backslash(text, i, quote, is_nested)) return is_nested ? i : i + 1;
      ++i;
    } else if (text[i] == quote) {
      if (text.substr(0, limit).substr(i + 1, 1) != text.substr(i, 1)) return i;  // not doubled
      ++i;
    }
  }
  return limit;
}

// Whether a string can begin at `at`: a cheap look at each character of an expression.
bool may_begin_string(std::string_view text, std::size_t at) {
  const char c = text[at];
  return c == '\'' || c == '"' || c == '\\' || c == '$' ||
         (at + 1 < text.size() && text[at + 1] == '\'');
}

}  // namespace

std::size_t skip_sql_space(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    const std::string_view escape = text.substr(at, 2);
    if (is_space(text[at])) {
      ++at;
    } else if (escape == "\\n" || escape == "\\t" || escape == "\\r") {
      at += 2;
    } else {
      break;
    }
  }
  return at;
}

std::optional<TextRange> sql_string_at(std::string_view text, std::size_t at) {
  if (at >= text.size()) return std::nullopt;
  const std::size_t limit = std::min(text.size(), at + kMaxSqlLiteral);
  if (const auto tag = dollar_tag_at(text, at)) {
    const std::size_t begin = at + tag->size();
    const auto end = text.substr(0, limit).find(*tag, begin);
    return TextRange{begin, std::min(end, limit)};
  }
  const auto open = quote_at(text, at);
  if (!open) return std::nullopt;
  return TextRange{*open + 1, literal_end(text, *open, limit, text[at] == '\\')};
}

std::size_t sql_string_end(std::string_view text, std::size_t at, TextRange inside) {
  const std::size_t quote = inside.end + count_escapes(text, inside.end);
  if (text[at] != '$') return std::min(text.size(), quote + 1);
  return std::min(text.size(), inside.end + (inside.begin - at));
}

std::optional<SqlName> sql_name_at(std::string_view text, std::size_t at) {
  const std::size_t escapes = count_escapes(text, at);
  const std::size_t quote = at + escapes;
  if (quote >= text.size()) return std::nullopt;
  const char open = text[quote];
  const bool is_quoted = open == '"' || open == '`' || open == '[' || open == '\'';
  const std::size_t begin = is_quoted ? quote + 1 : quote;
  const std::size_t limit = std::min(text.size(), begin + kMaxName);
  std::size_t end = begin;
  while (end < limit && (is_name_char(text[end]) || (is_quoted && text[end] == ' '))) ++end;
  if (end == begin || (!is_quoted && escapes > 0)) return std::nullopt;
  if (!is_quoted) return SqlName{{begin, end}, end};
  const std::size_t close = end + count_escapes(text, end);
  if (close >= text.size() || text[close] != closing_of(open)) return std::nullopt;
  return SqlName{{begin, end}, close + 1};
}

TextRange sql_expression_at(std::string_view text, std::size_t at, std::size_t limit) {
  const std::size_t begin = skip_sql_space(text, at);
  std::size_t depth = 0;
  std::size_t i = begin;
  for (std::size_t outside = 0; i < limit && outside < kMaxExpression;) {
    const auto string = may_begin_string(text, i) ? sql_string_at(text, i) : std::nullopt;
    if (string) {
      i = std::max(i + 1, sql_string_end(text, i, *string));
      continue;
    }
    const char c = text[i];
    if (depth == 0 && is_in(c, ",);")) break;
    if (c == '(') ++depth;
    if (c == ')') --depth;
    ++i, ++outside;
  }
  std::size_t end = std::min(i, limit);
  while (end > begin && is_space(text[end - 1])) --end;
  return {begin, std::max(begin, end)};
}

std::optional<TextRange> first_sql_string(std::string_view text, TextRange range) {
  for (std::size_t i = range.begin; i < range.end; ++i) {
    const auto string = may_begin_string(text, i) ? sql_string_at(text, i) : std::nullopt;
    if (string) {
      return TextRange{string->begin, std::min(string->end, range.end)};
    }
  }
  return std::nullopt;
}

}  // namespace scopetrace
