// SPDX-License-Identifier: Apache-2.0
// Classes of characters and token boundaries. ASCII only, no locale.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace scopetrace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_letter(char c) { return is_lower(static_cast<char>(c | 0x20)); }
constexpr std::array<bool, 256> make_alnums() {
  std::array<bool, 256> table{};
  for (unsigned c = 0; c < table.size(); ++c)
    table[c] = is_letter(static_cast<char>(c)) || is_digit(static_cast<char>(c));
  return table;
}
inline constexpr auto kAlnums = make_alnums();
constexpr bool is_alnum(char c) { return kAlnums[static_cast<unsigned char>(c)]; }
constexpr std::array<bool, 256> make_token_chars() {
  std::array<bool, 256> table{};
  for (unsigned c = 0; c < table.size(); ++c) table[c] = is_alnum(static_cast<char>(c));
  for (const unsigned char c : {'+', '/', '-', '_'}) table[c] = true;
  return table;
}
inline constexpr auto kTokenChars = make_token_chars();
// Of base64 or base64url, without padding.
constexpr bool is_token_char(char c) { return kTokenChars[static_cast<unsigned char>(c)]; }
constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
constexpr bool is_space(char c) { return is_blank(c) || c == '\r' || c == '\n'; }
constexpr char to_lower(char c) { return is_upper(c) ? static_cast<char>(c + 32) : c; }

// Some characters of ASCII, known when the program is compiled.
class AsciiSet {
 public:
  template <std::size_t Size>
  consteval AsciiSet(const char (&characters)[Size]) {  // NOLINT(google-explicit-constructor)
    for (std::size_t i = 0; i + 1 < Size; ++i) add(static_cast<unsigned char>(characters[i]));
  }
  constexpr bool has(char c) const {
    const auto code = static_cast<unsigned char>(c);
    return code < 128 && (bits_[code / 64] >> code % 64 & 1) != 0;
  }

 private:
  consteval void add(unsigned char code) { bits_.at(code / 64) |= std::uint64_t{1} << code % 64; }

  std::array<std::uint64_t, 2> bits_{};
};
// Whether `c` is one of a few characters: is_in(c, ",;"). Neither a call nor a loop.
constexpr bool is_in(char c, AsciiSet set) { return set.has(c); }

constexpr int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string to_lower(std::string_view text);
std::string_view trim(std::string_view text);
bool has_digit(std::string_view text);
bool has_letter(std::string_view text);
std::size_t count_digits(std::string_view text);
inline bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}

// Whether `word`, of two characters or more, stands before `at`. Most often its last ones tell: no
// call then.
inline bool stands_before(std::string_view text, std::size_t at, std::string_view word) {
  const std::size_t size = word.size();
  return at >= size && text[at - 1] == word[size - 1] && text[at - 2] == word[size - 2] &&
         text.substr(at - size, size) == word;
}

// Whether a token may begin at `at`: no alphanumeric before it, unless that is the end of an
// escape (%3D, \n, \u0026) or of a colour (ESC[1;32m).
bool is_token_start(std::string_view text, std::size_t at);
// Whether most of `text` can be read: UTF-8 or ASCII without control characters.
bool is_readable(std::string_view text);

}  // namespace scopetrace
