// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "userspace/redact/detect/cursor.h"
#include "userspace/redact/detect/pairs/assignment.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxName = 128;

// "36m" of a colour.
std::size_t colour_size(std::string_view run) {
  std::size_t at = 0;
  while (at < run.size() && is_digit(run[at])) ++at;
  return at > 0 && at < run.size() && run[at] == 'm' ? at + 1 : 0;
}

// The length of an escape that a run of name characters begins with, behind the character
// `before`: "3D" behind %, "n", "u0026" or "x22" behind a backslash, "36m" behind [ of a colour.
std::size_t escape_size(std::string_view run, char before) {
  if (run.empty()) return 0;
  switch (before) {
    case '%':
      return run.size() >= 2 && hex_value(run[0]) >= 0 ? 2 : 0;
    case '\\':
      return run[0] == 'u' ? 5 : run[0] == 'x' ? 3 : 1;
    case '[':
      return colour_size(run);
    default:
      return 0;
  }
}

}  // namespace

TextRange name_around(std::string_view text, std::size_t begin, std::size_t end) {
  const std::size_t first = begin > kMaxName ? begin - kMaxName : 0;
  const std::size_t last = std::min(text.size(), end + kMaxName);
  const std::size_t core = begin;
  while (begin > first && is_key_char(text[begin - 1])) --begin;
  while (end < last && is_key_char(text[end])) ++end;
  const char before = begin > 0 ? text[begin - 1] : '\0';
  const std::size_t escape = escape_size(text.substr(begin, core - begin), before);
  if (begin + escape <= core) begin += escape;
  while (begin < core && (text[begin] == '-' || text[begin] == '.')) ++begin;
  while (end > begin + 1 && (text[end - 1] == '.' || text[end - 1] == '-')) --end;
  return {begin, end};
}

}  // namespace scopetrace
