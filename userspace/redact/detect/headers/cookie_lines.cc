// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/headers/cookie_lines.h"

#include <optional>

#include "userspace/redact/detect/cursor.h"
#include "userspace/redact/detect/headers/header_values.h"
#include "userspace/redact/detect/look_ahead.h"
#include "userspace/redact/detect/pairs/value_end.h"
#include "userspace/redact/detect/programs/args.h"
#include "userspace/redact/rules/plausible.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxListed = 8192;  // bytes of a list that are read
constexpr std::size_t kMinCookie = 12;    // shorter values without a telling name are settings

std::size_t field_end(std::string_view text, std::size_t at) {
  while (at < text.size() && text[at] != '\t' && !is_line_end(text[at])) ++at;
  return at;
}

// The string at the cursor, without its quotation marks; the cursor goes behind it.
std::optional<TextRange> take_string(Cursor& cursor) {
  const auto quote = quote_at(cursor.text, cursor.at);
  if (!quote) return std::nullopt;
  const std::size_t begin = cursor.at + quote->size;
  const StringEnd end = string_end(cursor.text, begin, *quote);
  if (!end.is_closed) return std::nullopt;
  cursor.at = end.end + quote->size;
  return TextRange{begin, end.end};
}

// What one object of a list says of a cookie.
struct ListedCookie {
  std::string_view name;
  TextRange value{0, 0};
};

void add_cookie(std::string_view text, const ListedCookie& cookie, const NameTable& names,
                std::vector<Finding>& findings) {
  const std::string_view value =
      text.substr(cookie.value.begin, cookie.value.end - cookie.value.begin);
  if (cookie.name.empty() || value.empty() || names.is_public_cookie(cookie.name)) return;
  const bool is_session = names.class_of(cookie.name).has_value();
  if (!is_session && (value.size() < kMinCookie || !has_digit(value))) return;
  if (is_plausible_value("cookie", value)) findings.push_back({cookie.value, "cookie"});
}

// {"name": "value"} in what the cursor is in; `first` is where the name of the whole ends.
void take_cookie_map(ScanText& scan, const NameTable& names, Cursor cursor, std::size_t first,
                     std::vector<Finding>& findings) {
  for (;;) {
    cursor.skip_spaces();
    const auto name = take_string(cursor);
    cursor.skip_spaces();
    if (!name || !(cursor.takes(":") || cursor.takes("=>"))) break;
    cursor.skip_spaces();
    const auto value = take_string(cursor);
    if (!value) break;
    add_cookie(cursor.text, {cursor.text.substr(name->begin, name->end - name->begin), *value},
               names, findings);
    cursor.skip_spaces();
    if (!cursor.takes(",")) break;
  }
  if (cursor.at >= scan.text.size()) wants_line(scan, first);
}

// Reads the name or the value of a cookie at the cursor; where no string stands, one byte is left
// out.
void read_listed_field(Cursor& cursor, ListedCookie& cookie) {
  const std::string_view text = cursor.text;
  const auto key = take_string(cursor);
  if (!key) {
    ++cursor.at;
    return;
  }
  cursor.skip_spaces();
  if (!cursor.takes(":")) return;
  cursor.skip_spaces();
  const auto value = take_string(cursor);
  const std::string_view word = text.substr(key->begin, key->end - key->begin);
  if (value && word == "name") cookie.name = text.substr(value->begin, value->end - value->begin);
  if (value && word == "value") cookie.value = *value;
}

}  // namespace

void take_cookie_line(ScanText& scan, std::size_t at, std::vector<Finding>& findings) {
  constexpr int kFields = 5;  // path, whether secure, end of life, name, value
  const std::string_view text = scan.text;
  std::size_t begin = at;
  for (int i = 0; i < kFields; ++i) {
    if (begin >= text.size()) return wants_line(scan, at);
    if (text[begin] != '\t') return;
    at = begin + 1;
    begin = field_end(text, at);
    const std::string_view field = text.substr(at, begin - at);
    const bool is_flag = field == "TRUE" || field == "FALSE";
    if (i == 1 && begin < text.size() && !is_flag) return;
  }
  if (begin >= text.size()) wants_line(scan, at);
  const std::string_view value = text.substr(at, begin - at);
  if (value.size() >= kMinCookie && is_plausible_value("cookie", value))
    findings.push_back({{at, begin}, "cookie"});
}

void take_cookie_list(ScanText& scan, const NameTable& names, std::size_t at,
                      std::vector<Finding>& findings) {
  const std::string_view text = scan.text.substr(0, std::min(scan.text.size(), at + kMaxListed));
  const std::size_t first = at;
  Cursor cursor{text, at};
  cursor.skip_spaces();
  if (!cursor.takes(":") && !cursor.takes("=")) return;
  cursor.skip_spaces();
  if (cursor.takes("{")) return take_cookie_map(scan, names, cursor, first, findings);
  if (!cursor.takes("[")) return;
  ListedCookie cookie;
  while (!cursor.is_over() && cursor.peek() != ']') {
    if (cursor.peek() == '{') cookie = {};
    if (cursor.peek() == '}') add_cookie(text, cookie, names, findings);
    read_listed_field(cursor, cookie);
  }
  if (cursor.at >= scan.text.size()) wants_line(scan, first);
}

void take_cookie_option(ScanText& scan, const NameTable& names, TextRange program,
                        std::vector<Finding>& findings) {
  constexpr std::size_t kMaxBefore = 512;  // of the command, up to the option
  const std::string_view text = scan.text;
  const std::string_view ahead = text.substr(program.end, kMaxBefore);
  if (ahead.starts_with('/')) return;  // of a user agent: curl/8.5
  const std::string_view command = ahead.substr(0, ahead.find('\n'));
  for (const std::string_view option : {std::string_view(" -b "), std::string_view("\"-b\"")}) {
    const auto at = command.find(option);
    if (at == command.npos) continue;
    // What ends the option may begin its value.
    ArgReader reader(text, program.end + at + option.size() - 1, kMaxListed);
    const auto value = reader.next();
    if (!value) continue;
    if (value->inner.end >= text.size()) wants_line(scan, program.begin);
    take_cookies(text, value->inner, false, names, findings);
  }
}

void take_cookie_call(ScanText& scan, const NameTable& names, TextRange at,
                      std::vector<Finding>& findings) {
  const std::string_view text =
      scan.text.substr(0, std::min(scan.text.size(), at.end + kMaxListed));
  Cursor cursor{text, at.end};
  cursor.skip_spaces();
  const auto name = take_string(cursor);
  cursor.skip_spaces();
  if (!name || !cursor.takes(",")) return;
  cursor.skip_spaces();
  const auto value = take_string(cursor);
  if (cursor.is_over() && text.size() == scan.text.size()) wants_line(scan, at.begin);
  if (!value) return;
  add_cookie(text, {text.substr(name->begin, name->end - name->begin), *value}, names, findings);
}

}  // namespace scopetrace
