// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/pairs/value_wrapper.h"

#include <algorithm>
#include <array>

namespace scopetrace {
namespace {

constexpr std::size_t kMaxWord = 32;  // of a constructor or a type
constexpr std::size_t kMaxPath = 64;  // of a variable or a call

bool has_quote(const Cursor& cursor) { return quote_at(cursor.text, cursor.at).has_value(); }

// A word of letters, digits, _ and : at the cursor, at most kMaxWord long.
std::string_view take_word(Cursor& cursor) {
  const std::size_t begin = cursor.at;
  while (cursor.at - begin < kMaxWord &&
         (is_alnum(cursor.peek()) || cursor.peek() == '_' || cursor.peek() == ':'))
    ++cursor.at;
  return cursor.text.substr(begin, cursor.at - begin);
}

bool is_constructor(std::string_view word) {
  constexpr std::array<std::string_view, 6> kConverters = {"str",    "bytes", "string",
                                                           "secret", "text",  "quote"};
  if (word.empty()) return false;
  if (is_upper(word[0])) return std::any_of(word.begin(), word.end(), is_lower);
  return std::find(kConverters.begin(), kConverters.end(), word) != kConverters.end();
}

// Some("v"), String::from("v"), string(20) "v"
bool skip_constructor(Cursor& cursor) {
  Cursor ahead = cursor;
  const std::string_view word = take_word(ahead);
  if (!is_constructor(word) || !ahead.takes("(")) return false;
  if (is_digit(ahead.peek())) {
    while (is_digit(ahead.peek())) ++ahead.at;
    if (!ahead.takes(")")) return false;
    ahead.skip_blanks();
  }
  if (!has_quote(ahead)) return false;
  cursor = ahead;
  return true;
}

// 0x55d0 "v" of a debugger
bool skip_address(Cursor& cursor) {
  Cursor ahead = cursor;
  if (!ahead.takes("0x")) return false;
  while (hex_value(ahead.peek()) >= 0) ++ahead.at;
  const std::size_t end = ahead.at;
  ahead.skip_blanks();
  if (ahead.at == end || !has_quote(ahead)) return false;
  cursor = ahead;
  return true;
}

// b"v", @"v", r#"v"#, <<"v">>
bool skip_prefix(Cursor& cursor) {
  constexpr std::array<std::string_view, 24> kPrefixes = {
      "[]string{", "[]byte(", "<<", "@", "$@", "$", "&", "b", "B",  "r",  "R",  "u",
      "U",         "f",       "F",  "n", "N",  "e", "E", "L", "br", "rb", "r#", "*"};
  const char first = cursor.peek();
  for (const std::string_view prefix : kPrefixes) {
    if (prefix[0] != first) continue;
    Cursor ahead = cursor;
    if (!ahead.takes(prefix) || !has_quote(ahead) || ahead.peek() == '`') continue;
    cursor = ahead;
    return true;
  }
  return false;
}

// ["v"], [v] of Go's headers, ("v")
bool skip_bracket(Cursor& cursor) {
  if (cursor.peek() != '[' && cursor.peek() != '(') return false;
  Cursor ahead = cursor;
  ++ahead.at;
  ahead.skip_spaces();
  if (has_quote(ahead)) {
    cursor = ahead;
    return true;
  }
  if (cursor.peek() != '[' || !is_alnum(ahead.peek())) return false;
  Cursor end = ahead;
  while (!end.is_over() && end.at - ahead.at < 4096 && !is_space(end.peek()) && end.peek() != ']' &&
         end.peek() != ',')
    ++end.at;
  const bool is_word = end.peek() == ']' && is_in(end.peek(1), " ]})\"");
  if (is_word || (end.peek() == ']' && end.at + 1 >= end.text.size())) cursor = ahead;
  return cursor.at == ahead.at;
}

// {"value": "v"}, {"S": "v"}, {"string": "v"} of Avro
bool skip_member(Cursor& cursor) {
  constexpr std::array<std::string_view, 10> kWords = {
      "value", "Value", "stringValue", "string_value", "string", "S", "N", "_text", "$t", "#text"};
  Cursor ahead = cursor;
  if (!ahead.takes("{")) return false;
  ahead.skip_spaces();
  const auto quote = quote_at(ahead.text, ahead.at);
  if (!quote) return false;
  ahead.at += quote->size;
  const std::string_view rest = ahead.text.substr(ahead.at, kMaxWord);
  const auto word = std::find_if(kWords.begin(), kWords.end(), [&](std::string_view known) {
    return rest.starts_with(known) && rest.size() > known.size() &&
           (is_quote(rest[known.size()]) || rest[known.size()] == '\\');
  });
  if (word == kWords.end()) return false;
  ahead.at += word->size() + quote->size;
  ahead.skip_blanks();
  if (!ahead.takes(":")) return false;
  ahead.skip_blanks();
  cursor = ahead;
  return true;
}

// &anchor v, !!str v
bool skip_tag(Cursor& cursor) {
  if (cursor.peek() != '&' && !cursor.starts_with("!!")) return false;
  Cursor ahead = cursor;
  ahead.at += cursor.peek() == '&' ? 1 : 2;
  const std::size_t begin = ahead.at;
  take_word(ahead);
  if (ahead.at == begin || !is_blank(ahead.peek())) return false;
  ahead.skip_blanks();
  if (ahead.peek() == '=') return false;  // &str =
  cursor = ahead;
  return true;
}

// PHP's var_dump has the value on the next line.
bool skip_dump_line(Cursor& cursor) {
  if (!cursor.is_at_line_end() || cursor.peek() == '\\') return false;
  Cursor ahead = cursor;
  ahead.skip_spaces();
  if (!ahead.starts_with("string(") || !skip_constructor(ahead)) return false;
  cursor = ahead;
  return true;
}

// Whether a call asks for a setting by name: env(, os.getenv(, config.get(, System.getProperty(
bool asks_for_setting(std::string_view call) {
  constexpr std::array<std::string_view, 12> kEnds = {
      "env",         "Getenv",       "getenv", "get",    "fetch", "config",
      "getProperty", "getOrDefault", "getEnv", "GetEnv", "Env",   "option"};
  return std::any_of(kEnds.begin(), kEnds.end(), [&](std::string_view end) {
    return call.ends_with(end) && (call.size() == end.size() || end != "option");
  });
}

bool is_path_char(char c) { return is_alnum(c) || c == '_' || c == '.' || c == ':'; }

// A short string at the cursor, as the name of a setting is one.
bool take_setting_name(Cursor& cursor) {
  const auto quote = quote_at(cursor.text, cursor.at);
  if (!quote) return false;
  Cursor ahead{cursor.text, cursor.at + quote->size};
  const std::size_t begin = ahead.at;
  while (ahead.at - begin < 64 && (is_path_char(ahead.peek()) || ahead.peek() == '-')) ++ahead.at;
  if (ahead.at == begin || !quote_at(ahead.text, ahead.at)) return false;
  ahead.at += quote->size;
  cursor = ahead;
  return true;
}

// Over ("X") or ["X"]: whether that is all. Not when a default follows, nothing when it is neither.
std::optional<bool> take_lookup(Cursor& ahead, bool is_call) {
  ++ahead.at;
  ahead.skip_spaces();
  if (!take_setting_name(ahead)) return std::nullopt;
  ahead.skip_blanks();
  if (ahead.takes(is_call ? ")" : "]")) return true;
  return is_call && ahead.takes(",") ? std::optional(false) : std::nullopt;
}

bool takes_alternative(Cursor& ahead) {
  ahead.skip_blanks();
  return ahead.takes("||") || ahead.takes("??") || ahead.takes("or ") || ahead.takes("?:");
}

// env('X', 'v'), os.getenv("X", "v"), process.env.X || 'v': the value when nothing is set.
bool skip_default(Cursor& cursor) {
  Cursor ahead = cursor;
  if (!is_letter(ahead.peek())) return false;
  while (ahead.at - cursor.at < kMaxPath && is_path_char(ahead.peek())) ++ahead.at;
  const std::string_view path = cursor.text.substr(cursor.at, ahead.at - cursor.at);
  const bool is_call = ahead.peek() == '(';
  const bool is_index = ahead.peek() == '[' && (path.ends_with("nv") || path == "ENV");
  bool is_variable = path.find("env.") != path.npos || path.find("ENV.") != path.npos;
  if (is_call && !asks_for_setting(path)) return false;
  if (is_call || is_index) {
    const auto is_closed = take_lookup(ahead, is_call);
    if (!is_closed) return false;
    is_variable = *is_closed;
  }
  if (is_variable ? !takes_alternative(ahead) : cursor.text[ahead.at - 1] != ',') return false;
  ahead.skip_spaces();
  if (!has_quote(ahead)) return false;
  cursor = ahead;
  return true;
}

}  // namespace

// Whether what stands at the cursor may wrap a value. Most values begin with a letter or digit, and
// no word that goes before them opens anything.
static bool may_wrap(const Cursor& cursor) {
  const char first = cursor.peek();
  if (is_quote(first)) return false;
  if (!is_alnum(first) || cursor.starts_with("0x")) return true;
  bool is_path = false;
  std::size_t size = 1;
  for (; size < kMaxPath && is_path_char(cursor.peek(size)); ++size)
    is_path = is_path || cursor.peek(size) == '.';
  const char next = cursor.peek(size);
  return is_path || is_in(next, "\"'`([#\\&") || (next & 0x80) != 0;
}

void skip_wrapper(Cursor& cursor) {
  cursor.skip_emphasis();
  cursor.skip_blanks();
  for (int i = 0; i < 3 && may_wrap(cursor); ++i) {
    const bool has_moved = skip_dump_line(cursor) || skip_tag(cursor) || skip_prefix(cursor) ||
                           skip_bracket(cursor) || skip_member(cursor) ||
                           skip_constructor(cursor) || skip_address(cursor) || skip_default(cursor);
    if (!has_moved) return;
  }
}

std::optional<std::size_t> behind_type(std::string_view text, const Assignment& found) {
  if (found.is_quoted) return std::nullopt;
  Cursor behind{text, found.value.end};
  while (!behind.is_over() && is_in(behind.peek(), " >]?|[")) ++behind.at;
  if (behind.peek() != '=' || behind.peek(1) == '=' || behind.peek(1) == '>') return std::nullopt;
  if (behind.at == found.value.end) return std::nullopt;
  return behind.at + 1;
}

}  // namespace scopetrace
