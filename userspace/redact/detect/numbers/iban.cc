// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/numbers/iban.h"

#include <algorithm>
#include <array>

#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

struct IbanCountry {
  char code[3];
  unsigned length;
};
// Source: SWIFT IBAN registry.
constexpr IbanCountry kIbanCountries[] = {
    {"AD", 24}, {"AE", 23}, {"AL", 28}, {"AT", 20}, {"AZ", 28}, {"BA", 20}, {"BE", 16}, {"BG", 22},
    {"BH", 22}, {"BR", 29}, {"BY", 28}, {"CH", 21}, {"CR", 22}, {"CY", 28}, {"CZ", 24}, {"DE", 22},
    {"DK", 18}, {"DO", 28}, {"EE", 20}, {"EG", 29}, {"ES", 24}, {"FI", 18}, {"FO", 18}, {"FR", 27},
    {"GB", 22}, {"GE", 22}, {"GI", 23}, {"GL", 18}, {"GR", 27}, {"GT", 28}, {"HR", 21}, {"HU", 28},
    {"IE", 22}, {"IL", 23}, {"IQ", 23}, {"IS", 26}, {"IT", 27}, {"JO", 30}, {"KW", 30}, {"KZ", 20},
    {"LB", 28}, {"LC", 32}, {"LI", 21}, {"LT", 20}, {"LU", 20}, {"LV", 21}, {"LY", 25}, {"MC", 27},
    {"MD", 24}, {"ME", 22}, {"MK", 19}, {"MR", 27}, {"MT", 31}, {"MU", 30}, {"NL", 18}, {"NO", 15},
    {"PK", 24}, {"PL", 28}, {"PS", 29}, {"PT", 25}, {"QA", 29}, {"RO", 24}, {"RS", 22}, {"SA", 24},
    {"SC", 31}, {"SE", 24}, {"SI", 19}, {"SK", 24}, {"SM", 27}, {"ST", 25}, {"SV", 28}, {"TL", 23},
    {"TN", 24}, {"TR", 26}, {"UA", 29}, {"VA", 22}, {"VG", 24}, {"XK", 20}};

constexpr std::size_t kMaxHead = 12;  // "GB82 WEST " stands before the first run of digits

constexpr char to_upper(char c) { return is_lower(c) ? static_cast<char>(c - 32) : c; }
bool is_gap(char c) { return c == ' ' || c == '-'; }

bool may_begin_iban(std::string_view text, std::size_t at) {
  const bool is_country = (is_upper(text[at]) && is_upper(text[at + 1])) ||
                          (is_lower(text[at]) && is_lower(text[at + 1]));
  return is_country && is_digit(text[at + 2]) && is_digit(text[at + 3]) && is_token_start(text, at);
}

std::optional<unsigned> length_of(char first, char second) {
  const auto country =
      std::find_if(std::begin(kIbanCountries), std::end(kIbanCountries),
                   [&](const IbanCountry& c) { return c.code[0] == first && c.code[1] == second; });
  return country == std::end(kIbanCountries) ? std::nullopt : std::optional(country->length);
}

bool ends_word(std::string_view text, std::size_t at) {
  return at == text.size() || !is_alnum(text[at]);
}

// Behind the last character of the IBAN at `at`.
std::optional<std::size_t> iban_end(std::string_view text, std::size_t at) {
  const auto length = length_of(to_upper(text[at]), to_upper(text[at + 1]));
  if (!length) return std::nullopt;
  const bool is_small = is_lower(text[at]);
  std::array<char, 34> compact;
  std::size_t size = 0;
  for (std::size_t end = at; end < text.size(); ++end) {
    const char c = text[end];
    if (is_gap(c) && end + 1 < text.size() && is_alnum(text[end + 1]) && size >= 4) continue;
    if (!is_digit(c) && !(is_small ? is_lower(c) : is_upper(c))) return std::nullopt;
    compact[size++] = to_upper(c);
    if (size < *length) continue;
    const bool is_whole = ends_word(text, end + 1) && is_iban({compact.data(), size});
    return is_whole ? std::optional(end + 1) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

bool is_iban(std::string_view text) {
  if (text.size() < 15) return false;
  if (length_of(text[0], text[1]) != text.size()) return false;
  unsigned remainder = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[(i + 4) % text.size()];
    if (!is_digit(c) && !is_upper(c)) return false;
    remainder = is_digit(c) ? remainder * 10 + static_cast<unsigned>(c - '0')
                            : remainder * 100 + static_cast<unsigned>(c - 'A' + 10);
    remainder %= 97;
  }
  return remainder == 1;
}

std::optional<TextRange> iban_around(std::string_view text, std::size_t at) {
  for (std::size_t back = 2; back <= std::min(at, kMaxHead); ++back) {
    const char c = text[at - back];
    if (!is_alnum(c) && !is_gap(c)) return std::nullopt;
    if (at - back + 15 > text.size() || !may_begin_iban(text, at - back)) continue;
    if (const auto end = iban_end(text, at - back)) return TextRange{at - back, *end};
  }
  return std::nullopt;
}

}  // namespace scopetrace
