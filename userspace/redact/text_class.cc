// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/text_class.h"

#include <algorithm>

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

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return to_lower(x) == to_lower(y); });
}

bool is_token_start(std::string_view text, std::size_t at) {
  if (at == 0 || !is_alnum(text[at - 1])) return true;
  if (at >= 2 && text[at - 2] == '\\') return true;
  if (at >= 3 && text[at - 3] == '%') {
    return hex_value(text[at - 2]) >= 0 && hex_value(text[at - 1]) >= 0;
  }
  return at >= 6 && text[at - 6] == '\\' && text[at - 5] == 'u';
}

bool is_readable(std::string_view text) {
  std::size_t odd = 0;
  for (const char c : text) {
    const auto value = static_cast<unsigned char>(c);
    if (value < 32 && !is_space(c)) ++odd;
    if (value == 127) ++odd;
  }
  if (odd * 16 > text.size()) return false;
  // Bytes ≥ 0x80 must form UTF-8 sequences.
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t more = lead < 0x80 ? 0 : lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    if (lead >= 0x80 && lead < 0xc2) return false;
    if (i + more >= text.size()) return more == 0 || i + 4 > text.size();
    for (std::size_t k = 1; k <= more; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return false;
    }
    i += more + 1;
  }
  return true;
}

}  // namespace scopetrace
