// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/scan/text_class.h"

#include <algorithm>
#include <optional>

namespace scopetrace {

std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = to_lower(c);
  return lower;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool has_digit(std::string_view text) { return std::any_of(text.begin(), text.end(), is_digit); }
bool has_letter(std::string_view text) { return std::any_of(text.begin(), text.end(), is_letter); }
std::size_t count_digits(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_digit));
}

// Whether the letter before `at` ends a colour of a terminal: [32m, [1;38;5;196m.
static bool is_behind_colour(std::string_view text, std::size_t at) {
  constexpr std::size_t kMaxColour = 24;
  if (text[at - 1] != 'm') return false;
  const std::size_t limit = at > kMaxColour ? at - kMaxColour : 0;
  std::size_t begin = at - 1;
  while (begin > limit && (is_digit(text[begin - 1]) || text[begin - 1] == ';')) --begin;
  return begin > 0 && text[begin - 1] == '[';
}

bool is_token_start(std::string_view text, std::size_t at) {
  if (at == 0 || !is_alnum(text[at - 1])) return true;
  if (is_behind_colour(text, at)) return true;
  if (at >= 2 && text[at - 2] == '\\') return true;
  if (at >= 3 && text[at - 3] == '%') {
    return hex_value(text[at - 2]) >= 0 && hex_value(text[at - 1]) >= 0;
  }
  return at >= 6 && text[at - 6] == '\\' && text[at - 5] == 'u';
}

namespace {

bool is_control(char c) { return (static_cast<unsigned char>(c) < 32 && !is_space(c)) || c == 127; }

// How many bytes follow a lead byte; nothing when it is none.
std::optional<std::size_t> bytes_behind(unsigned char lead) {
  if (lead < 0x80) return 0;
  if (lead < 0xc2 || lead > 0xf4) return std::nullopt;
  return lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// The last sequence may be cut off.
bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto more = bytes_behind(static_cast<unsigned char>(text[0]));
    if (!more) return false;
    if (*more >= text.size()) return true;
    const std::string_view behind = text.substr(1, *more);
    if (!std::all_of(behind.begin(), behind.end(), is_continuation)) return false;
    text.remove_prefix(*more + 1);
  }
  return true;
}

}  // namespace

bool is_readable(std::string_view text) {
  const auto odd = static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_control));
  return odd * 16 <= text.size() && is_utf8(text);
}

}  // namespace scopetrace
