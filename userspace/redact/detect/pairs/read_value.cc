// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/pairs/read_value.h"

#include <algorithm>
#include <optional>

#include "userspace/redact/detect/pairs/value_end.h"
#include "userspace/redact/detect/pairs/value_wrapper.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxBraced = 256;
constexpr std::size_t kMaxTyped = 1024;

Assignment read_quoted(Cursor cursor, const Quote& quote, TextRange name, Assignment found) {
  const std::size_t begin = cursor.at + quote.size;
  const StringEnd end = string_end(cursor.text, begin, quote);
  found.is_quoted = end.is_closed;
  found.value = {begin, std::max(begin, end.end)};
  const bool is_cut = !end.is_closed && end.end < cursor.text.size();
  if (is_cut) found.value.end = std::max(begin, bare_end(cursor.text, begin, name));
  return found;
}

constexpr std::size_t kMaxDoubled = 256;

// ''value'' in a string that writes its own mark twice, as SQL and CSV do. What closes an empty
// string in markup and code is none.
bool opens_doubled(const Cursor& cursor) {
  const char mark = cursor.peek(), first = cursor.peek(2);
  if ((mark != '\'' && mark != '"') || cursor.peek(1) != mark) return false;
  return first != '\0' && !is_quote(first) && !is_space(first) &&
         !is_in(first, ",;)]}/>|&=?:+<\\#");
}

// The doubled mark at the cursor, when the line has another one. Says in `is_open` whether the text
// ends before that can be told.
std::optional<Quote> doubled_quote_at(const Cursor& cursor, bool& is_open) {
  if (!opens_doubled(cursor)) return std::nullopt;
  const std::string_view close = cursor.peek() == '"' ? "\"\"" : "''";
  const std::string_view content = cursor.text.substr(cursor.at + close.size(), kMaxDoubled);
  const std::string_view line = content.substr(0, content.find_first_of("\r\n"));
  if (line.find(close) != line.npos) return Quote{'\0', 0, close, close.size()};
  is_open = line.size() == content.size() && content.size() < kMaxDoubled;
  return std::nullopt;
}

// YAML: | or > and the value in the lines below.
bool opens_block(Cursor cursor) {
  if (cursor.peek() != '|' && cursor.peek() != '>') return false;
  ++cursor.at;
  if (is_digit(cursor.peek())) ++cursor.at;
  if (cursor.peek() == '-' || cursor.peek() == '+') ++cursor.at;
  cursor.skip_blanks();
  return cursor.is_over() || cursor.peek() == '\n' || cursor.starts_with("\r\n");
}

// Str(value): how OpenTelemetry prints an attribute, up to the last bracket of the line.
std::optional<TextRange> typed_value(Cursor cursor) {
  if (!cursor.takes("Str(")) return std::nullopt;
  const std::string_view rest = cursor.text.substr(cursor.at, kMaxTyped);
  const std::string_view line = rest.substr(0, rest.find_first_of("\r\n"));
  const auto close = line.ends_with(')') ? line.size() - 1 : line.find(')');
  if (close == line.npos || close == 0) return std::nullopt;
  return TextRange{cursor.at, cursor.at + close};
}

// ODBC: name={value}; with any characters between the braces.
std::optional<TextRange> braced_value(const Cursor& cursor) {
  if (cursor.peek() != '{') return std::nullopt;
  const std::string_view head = cursor.text.substr(cursor.at, kMaxBraced);
  const auto end = head.find_first_of("}\n\"");
  if (end == head.npos || head[end] != '}') return std::nullopt;
  const char next = cursor.peek(end + 1);
  if (next != ';' && next != '\0' && !is_quote(next)) return std::nullopt;
  return TextRange{cursor.at + 1, cursor.at + end};
}

}  // namespace

Assignment read_value(Cursor cursor, TextRange name, Tie tie) {
  Assignment found;
  found.tie = tie;
  const std::size_t begin = cursor.at;
  cursor.skip_blanks();
  found.is_spaced = cursor.at > begin;
  skip_wrapper(cursor);
  found.value = {cursor.at, cursor.at};
  if (cursor.is_at_line_end()) return found;
  if (const auto doubled = doubled_quote_at(cursor, found.is_open))
    return read_quoted(cursor, *doubled, name, found);
  if (const auto quote = quote_at(cursor.text, cursor.at)) {
    const bool is_plain = quote->size == 1 && cursor.at > name.end;
    if (is_plain && closes_prompt(cursor.text, name, cursor.at)) return found;
    return read_quoted(cursor, *quote, name, found);
  }
  if (const auto typed = typed_value(cursor)) {
    found.value = *typed;
    found.is_quoted = true;
    return found;
  }
  const auto braced = tie == Tie::kEquals && !found.is_spaced ? braced_value(cursor) : std::nullopt;
  if (braced) {
    found.value = *braced;
    found.is_quoted = true;
    return found;
  }
  if (tie == Tie::kColon && opens_block(cursor)) {
    found.opens_block = true;
    return found;
  }
  found.value.end = bare_end(cursor.text, cursor.at, name);
  Cursor behind{cursor.text, found.value.end};
  behind.skip_blanks();
  found.fills_line = behind.is_at_line_end();
  return found;
}

}  // namespace scopetrace
