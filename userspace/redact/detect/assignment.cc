// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/assignment.h"

#include <algorithm>
#include <array>

#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxName = 128;
constexpr std::size_t kMaxBlanks = 64;   // YAML and tables align values
constexpr std::size_t kMaxTag = 256;     // bytes of a start tag that are looked at
constexpr std::size_t kMaxPairGap = 64;  // between a name and the word "value"

bool is_name_char(char c) { return is_alnum(c) || c == '_' || c == '-' || c == '.'; }
bool is_quote(char c) { return c == '"' || c == '\'' || c == '`'; }
bool is_line_end(char c) { return c == '\n' || c == '\r'; }

// Reads on from one place; beyond the end there are only zeros.
struct Cursor {
  std::string_view text;
  std::size_t at;

  char peek(std::size_t n = 0) const { return at + n < text.size() ? text[at + n] : '\0'; }
  bool is_over() const { return at >= text.size(); }
  void skip_blanks() {
    const std::size_t limit = std::min(text.size(), at + kMaxBlanks);
    while (at < limit && is_blank(text[at])) ++at;
  }
  std::size_t skip_backslashes() {
    const std::size_t begin = at;
    while (peek() == '\\') ++at;
    return at - begin;
  }
  bool takes(std::string_view word) {
    if (!text.substr(std::min(at, text.size())).starts_with(word)) return false;
    at += word.size();
    return true;
  }
  // The end of a line, also one that is written as \n or \r.
  bool is_at_line_end() const {
    return is_over() || is_line_end(peek()) ||
           (peek() == '\\' && (peek(1) == 'n' || peek(1) == 'r'));
  }
};

// The end of the string in `quote` that opened behind `escapes` backslashes; of the line when it
// does not close there, and then `is_closed` is false.
// NOLINTNEXTLINE(readability-function-cognitive-complexity): to be split with the next change
std::size_t string_end(std::string_view text, std::size_t begin, char quote, std::size_t escapes,
                       bool& is_closed) {
  const std::size_t limit = std::min(text.size(), begin + kMaxValueBytes);
  std::size_t backslashes = 0;
  is_closed = false;
  for (std::size_t at = begin; at < limit; ++at) {
    const char c = text[at];
    if (c == '\\') {
      ++backslashes;
      continue;
    }
    if (is_line_end(c)) return at;
    const bool is_end =
        c == quote && (escapes == 0 ? backslashes % 2 == 0 : backslashes <= escapes);
    if (is_end) {
      const bool is_doubled =
          escapes == 0 && quote == '\'' && at + 1 < limit && text[at + 1] == quote;
      if (!is_doubled) {
        is_closed = true;
        return at - (escapes == 0 ? 0 : backslashes);
      }
      ++at;
    }
    backslashes = 0;
  }
  return limit;
}

// Behind a soft delimiter: whether a further name, or nothing of the value, follows.
bool is_delimited(std::string_view rest) {
  if (rest.empty()) return true;
  std::size_t at = 0;
  while (at < rest.size() && is_blank(rest[at])) ++at;
  if (at > 0 || is_quote(rest[0]) || is_line_end(rest[0]) ||
      std::string_view("\\,;)}]<&|").find(rest[0]) != rest.npos) {
    return true;
  }
  if (!is_letter(rest[0]) && rest[0] != '_' && rest[0] != '$') return false;
  at = 1;
  while (at < rest.size() && at < kMaxName && (is_name_char(rest[at]) || rest[at] == ' ')) ++at;
  return at < rest.size() && (rest[at] == '=' || rest[at] == ':');
}

bool ends_hard(std::string_view text, std::size_t at) {
  const char c = text[at];
  if (is_space(c) || is_quote(c) || c == '\0') return true;
  const char next = at + 1 < text.size() ? text[at + 1] : '\0';
  if (c == '<') return next == '/' || is_letter(next) || next == '\0' || next == '!';
  if (c == '\\')
    return is_quote(next) || next == 'n' || next == 'r' || next == 't' || next == 'u' ||
           next == '\\';
  return false;
}

// The end of a bare value: its line's blank, quote or tag, or a delimiter that something follows.
// NOLINTNEXTLINE(readability-function-cognitive-complexity): to be split with the next change
std::size_t bare_end(std::string_view text, std::size_t begin, bool is_query) {
  const std::size_t limit = std::min(text.size(), begin + kMaxValueBytes);
  std::size_t depth = 0;  // of brackets that opened inside
  for (std::size_t at = begin; at < limit; ++at) {
    const char c = text[at];
    if (ends_hard(text, at)) return at;
    if (c == '(' || c == '{' || c == '[') ++depth;
    if (is_query) {
      if (c == '&' || c == '#') return at;
      continue;
    }
    const bool closes = c == ')' || c == '}' || c == ']';
    if (closes && depth > 0) {
      --depth;
      continue;
    }
    const bool is_soft = closes || c == ',' || c == ';' || c == '&' || c == '|';
    if (is_soft && is_delimited(text.substr(at + 1, limit - at - 1))) return at;
  }
  return limit;
}

// What may stand between a separator and the quote: b"", f'', @"", Some("").
void skip_wrapper(Cursor& cursor) {
  for (const std::string_view word :
       {"Some(", "String::from(", "Secret(", "SecretStr(", "str(", "bytes(", "@\"", "$\"", "&\""}) {
    Cursor ahead = cursor;
    if (ahead.takes(word) && (is_quote(word.back()) || is_quote(ahead.peek()))) {
      cursor.at = ahead.at - (is_quote(word.back()) ? 1 : 0);
      return;
    }
  }
  const bool is_prefix =
      std::string_view("bBrRuUfFnNeE").find(cursor.peek()) != std::string_view::npos;
  if (is_prefix && (cursor.peek(1) == '"' || cursor.peek(1) == '\'')) ++cursor.at;
}

bool is_query_name(std::string_view text, TextRange name) {
  return name.begin > 0 && (text[name.begin - 1] == '?' || text[name.begin - 1] == '&');
}

// The value that begins at the cursor, up to where its container ends it.
Assignment read_value(Cursor cursor, TextRange name, Tie tie) {
  Assignment found;
  found.tie = tie;
  cursor.skip_blanks();
  skip_wrapper(cursor);
  found.value = {cursor.at, cursor.at};
  if (cursor.is_at_line_end()) return found;
  Cursor quote = cursor;
  const std::size_t escapes = quote.skip_backslashes();
  if (is_quote(quote.peek())) {
    const char mark = quote.peek();
    const bool is_triple = quote.peek(1) == mark && quote.peek(2) == mark;
    const std::size_t begin = quote.at + (is_triple ? 3 : 1);
    bool is_closed = false;
    const std::size_t end = string_end(cursor.text, begin, mark, escapes, is_closed);
    found.value = {begin, std::max(begin, end)};
    found.is_quoted = is_closed;
    if (!is_closed) found.value.end = std::max(begin, bare_end(cursor.text, begin, false));
    return found;
  }
  const char first = cursor.peek();
  if ((first == '|' || first == '>') && tie == Tie::kColon) {
    Cursor ahead = cursor;
    ++ahead.at;
    if (ahead.peek() == '-' || ahead.peek() == '+') ++ahead.at;
    ahead.skip_blanks();
    if (ahead.is_at_line_end()) {
      found.opens_block = true;
      return found;
    }
  }
  found.value.end = bare_end(cursor.text, cursor.at, is_query_name(cursor.text, name));
  Cursor behind{cursor.text, found.value.end};
  behind.skip_blanks();
  found.fills_line = behind.is_at_line_end();
  return found;
}

// password: str = "value": the type is no value.
std::optional<Assignment> skip_type(std::string_view text, TextRange name,
                                    const Assignment& found) {
  if (found.is_quoted || found.tie != Tie::kColon) return std::nullopt;
  Cursor behind{text, found.value.end};
  while (std::string_view(" >]?|[").find(behind.peek()) != std::string_view::npos &&
         !behind.is_over())
    ++behind.at;
  if (behind.peek() != '=' || behind.peek(1) == '=' || behind.peek(1) == '>') return std::nullopt;
  ++behind.at;
  return read_value(behind, name, Tie::kEquals);
}

std::optional<Assignment> element_value(std::string_view text, TextRange name) {
  std::size_t before = name.begin;
  while (before > 0 && (is_alnum(text[before - 1]) || text[before - 1] == ':')) --before;
  if (before == 0 || text[before - 1] != '<') return std::nullopt;
  const std::string_view tag = text.substr(name.end, kMaxTag);
  const auto close = tag.find('>');
  if (close == tag.npos || tag.substr(0, close).find('<') != tag.npos) return std::nullopt;
  if (close > 0 && !is_space(tag[0])) return std::nullopt;
  if (close > 0 && tag[close - 1] == '/') return std::nullopt;
  std::size_t begin = name.end + close + 1;
  constexpr std::string_view kData = "<![CDATA[";
  const bool is_data = text.substr(begin).starts_with(kData);
  if (is_data) begin += kData.size();
  const std::size_t end = std::min(text.find(is_data ? "]]>" : "<", begin), text.size());
  Assignment found;
  found.tie = Tie::kElement;
  found.is_quoted = true;
  found.value = {begin, std::min(end, begin + kMaxValueBytes)};
  return found;
}

// name="password" … value="x": the value of the pair whose name stands in quotes before `at`.
std::optional<Assignment> pair_value(std::string_view text, TextRange name, std::size_t at) {
  const std::string_view gap = text.substr(at, kMaxPairGap);
  const auto word = gap.find("alue");
  if (word == gap.npos || word == 0 || to_lower(gap[word - 1]) != 'v') return std::nullopt;
  if (gap.substr(0, word).find_first_of("<>{}") != gap.npos) return std::nullopt;
  Cursor cursor{text, at + word + 4};
  cursor.skip_backslashes();
  if (is_quote(cursor.peek())) ++cursor.at;
  cursor.skip_blanks();
  if (cursor.peek() != '=' && cursor.peek() != ':') return std::nullopt;
  ++cursor.at;
  if (cursor.peek() == '>') ++cursor.at;
  return read_value(cursor, name, Tie::kPair);
}

bool has_dashes(std::string_view text, TextRange name) {
  return name.begin > 0 && text[name.begin - 1] == '-';
}

bool opens_list(std::string_view text, TextRange name) {
  std::size_t at = name.begin;
  if (at > 0 && is_quote(text[at - 1])) --at;
  while (at > 0 && text[at - 1] == '\\') --at;
  return at > 0 && (text[at - 1] == '(' || text[at - 1] == '[');
}

}  // namespace

bool is_said_name(std::string_view text, TextRange name) {
  const std::size_t from = name.begin > 8 ? name.begin - 8 : 0;
  const std::string_view before = trim(text.substr(from, name.begin - from));
  return before.ends_with("name:") || before.ends_with("Name:") || before.ends_with("key:");
}

// NOLINTNEXTLINE(readability-function-cognitive-complexity): to be split with the next change
TextRange name_around(std::string_view text, std::size_t begin, std::size_t end) {
  const std::size_t first = begin > kMaxName ? begin - kMaxName : 0;
  const std::size_t last = std::min(text.size(), end + kMaxName);
  const std::size_t core = begin;
  while (begin > first && is_name_char(text[begin - 1])) --begin;
  while (end < last && is_name_char(text[end])) ++end;
  const char before = begin > 0 ? text[begin - 1] : '\0';
  if (before == '%' && begin + 2 <= core) begin += 2;
  if (before == '\\' && begin < core)
    begin += text[begin] == 'u' && begin + 5 <= core   ? 5
             : text[begin] == 'x' && begin + 3 <= core ? 3
                                                       : 1;
  while (begin < core && (text[begin] == '-' || text[begin] == '.')) ++begin;
  while (end > begin + 1 && (text[end - 1] == '.' || text[end - 1] == '-')) --end;
  return {begin, end};
}

// NOLINTNEXTLINE(readability-function-cognitive-complexity): to be split with the next change
std::optional<Assignment> assignment_behind(std::string_view text, TextRange name) {
  if (auto element = element_value(text, name)) return element;
  Cursor cursor{text, name.end};
  const std::size_t escapes = cursor.skip_backslashes();
  const bool is_quoted = is_quote(cursor.peek());
  if (escapes > 0 && !is_quoted) return std::nullopt;
  if (is_quoted) ++cursor.at;
  if (cursor.peek() == ']' || (is_quoted && cursor.peek() == ')')) ++cursor.at;
  if (is_quoted) {
    if (auto pair = pair_value(text, name, cursor.at)) return pair;
  }
  const std::size_t behind_name = cursor.at;
  if (cursor.peek() == '?' || cursor.peek() == '!') ++cursor.at;  // TypeScript: password?: x
  cursor.skip_blanks();
  const bool has_blank = cursor.at > behind_name;
  const char sign = cursor.peek();
  if (sign == '=') {
    while (cursor.peek() == '=') ++cursor.at;
    if (cursor.peek() == '>' || cursor.peek() == '~') ++cursor.at;
    return read_value(cursor, name, Tie::kEquals);
  }
  if (sign == ':') {
    ++cursor.at;
    if (cursor.peek() == ':') return std::nullopt;
    if (cursor.peek() == '/' && cursor.peek(1) == '/') return std::nullopt;
    if (cursor.peek() == '=') {
      ++cursor.at;
      return read_value(cursor, name, Tie::kEquals);
    }
    const Assignment found = read_value(cursor, name, Tie::kColon);
    if (const auto typed = skip_type(text, name, found)) return typed;
    return found;
  }
  const bool is_sql_name = is_quoted && text[name.end + escapes] == '`';
  if (sign == ',' && is_quoted && !is_sql_name) {
    ++cursor.at;
    cursor.skip_blanks();
    Cursor quote = cursor;
    quote.skip_backslashes();
    if (!is_quote(quote.peek())) return std::nullopt;
    const bool is_option = has_dashes(text, name);
    if (!is_option && !opens_list(text, name)) return std::nullopt;
    return read_value(cursor, name, is_option ? Tie::kOption : Tie::kArgument);
  }
  if (cursor.is_at_line_end() && is_said_name(text, name)) return pair_value(text, name, name.end);
  if (!has_blank || is_quoted || cursor.is_at_line_end()) return std::nullopt;
  return read_value(cursor, name, has_dashes(text, name) ? Tie::kOption : Tie::kBlank);
}

}  // namespace scopetrace
