// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/verify.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>

#include "userspace/redact/scan/encodings.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

struct IssuerRange {
  unsigned first, last;  // of the leading six digits
  unsigned length_min, length_max;
};
// Issuer ranges in use. Source: ISO/IEC 7812-1 and the brands' published ranges.
constexpr IssuerRange kIssuers[] = {
    {400000, 499999, 13, 19},  // Visa: 13, 16, 19
    {222100, 272099, 16, 16},  // Mastercard
    {510000, 559999, 16, 16},  // Mastercard
    {340000, 349999, 15, 15},  // American Express
    {370000, 379999, 15, 15},  // American Express
    {300000, 305999, 14, 19},  // Diners Club
    {309500, 309599, 14, 19},  // Diners Club
    {360000, 369999, 14, 19},  // Diners Club
    {380000, 399999, 14, 19},  // Diners Club
    {601100, 601199, 16, 19},  // Discover
    {622126, 622925, 16, 19},  // Discover, UnionPay
    {644000, 659999, 16, 19},  // Discover
    {352800, 358999, 16, 19},  // JCB
    {620000, 628999, 16, 19},  // UnionPay
    {810000, 817199, 16, 19},  // UnionPay
    {500000, 509999, 12, 19},  // Maestro
    {560000, 589999, 12, 19},  // Maestro
    {630000, 639999, 12, 19},  // Maestro
    {670000, 679999, 12, 19},  // Maestro
};

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

unsigned number(std::string_view digits) {
  unsigned value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

// Last labels that are file types, not domains.
constexpr std::array kFileTypes = {"png", "jpg",  "jpeg", "gif", "svg",   "webp", "js",  "css",
                                   "map", "html", "json", "txt", "local", "log",  "cc",  "py",
                                   "so",  "go",   "java", "ts",  "xml",   "yaml", "yml", "conf"};
constexpr std::array kServiceUsers = {"git", "hg", "svn", "npm"};

bool is_domain_label(std::string_view label) {
  return !label.empty() && label.size() <= 63 && is_alnum(label.front()) && is_alnum(label.back());
}

}  // namespace

bool has_luhn_digit(std::string_view digits) {
  unsigned sum = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    unsigned value = static_cast<unsigned>(digits[digits.size() - 1 - i] - '0');
    if (i % 2 == 1) value = value * 2 > 9 ? value * 2 - 9 : value * 2;
    sum += value;
  }
  return sum % 10 == 0;
}

bool is_card_number(std::string_view digits) {
  if (digits.size() < 12 || digits.size() > 19) return false;
  const unsigned head = number(digits.substr(0, 6));
  const bool is_issued = std::any_of(std::begin(kIssuers), std::end(kIssuers), [&](const auto& r) {
    return head >= r.first && head <= r.last && digits.size() >= r.length_min &&
           digits.size() <= r.length_max;
  });
  const bool is_visa = digits[0] == '4';
  if (is_visa && digits.size() != 13 && digits.size() != 16 && digits.size() != 19) return false;
  return is_issued && has_luhn_digit(digits);
}

bool is_iban(std::string_view text) {
  if (text.size() < 15) return false;
  const auto country = std::find_if(
      std::begin(kIbanCountries), std::end(kIbanCountries),
      [&](const IbanCountry& c) { return text.substr(0, 2) == std::string_view(c.code, 2); });
  if (country == std::end(kIbanCountries) || country->length != text.size()) return false;
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

bool is_ssn(std::string_view text) {
  if (text.size() != 11 || text[3] != '-' || text[6] != '-') return false;
  if (count_digits(text) != 9) return false;
  const unsigned area = number(text.substr(0, 3));
  const unsigned group = number(text.substr(4, 2));
  const unsigned serial = number(text.substr(7, 4));
  if (area == 0 || area == 666 || group == 0 || serial == 0) return false;
  const bool is_itin_group = (group >= 50 && group <= 65) || (group >= 70 && group <= 88) ||
                             (group >= 90 && group <= 92) || group >= 94;
  return area < 900 || is_itin_group;
}

bool is_email(std::string_view local, std::string_view domain) {
  const auto dot = domain.rfind('.');
  if (local.empty() || local.size() > 64 || dot == std::string_view::npos) return false;
  for (const std::string_view user : kServiceUsers) {
    if (local == user) return false;
  }
  const std::string tld = to_lower(domain.substr(dot + 1));
  if (tld.size() < 2 || !std::all_of(tld.begin(), tld.end(), is_lower)) return false;
  if (std::find(kFileTypes.begin(), kFileTypes.end(), tld) != kFileTypes.end()) return false;
  for (std::size_t at = 0; at <= domain.size();) {
    const auto end = std::min(domain.find('.', at), domain.size());
    if (!is_domain_label(domain.substr(at, end - at))) return false;
    at = end + 1;
  }
  return true;
}

bool is_jose_header(std::string_view segment) {
  const auto decoded = decode_base64(segment);
  return decoded && decoded->starts_with('{') && decoded->find("\"alg\"") != decoded->npos;
}

bool is_basic_credentials(std::string_view base64) {
  const auto decoded = decode_base64(base64);
  return decoded && decoded->find(':') != decoded->npos && is_readable(*decoded);
}

namespace {

using Ipv4 = std::array<unsigned, 4>;

std::optional<Ipv4> parse_ipv4(std::string_view text) {
  Ipv4 part{};
  for (std::size_t i = 0; i < 4; ++i) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), part[i]);
    if (error != std::errc{} || part[i] > 255) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (i == 3) break;
    if (text.empty() || text[0] != '.') return std::nullopt;
    text.remove_prefix(1);
  }
  return text.empty() ? std::optional(part) : std::nullopt;
}

struct Ipv4Range {
  unsigned first;  // first part of the address
  unsigned second_min;
  unsigned second_max;
};
// Private, loopback, link-local and shared addresses; multicast and above are apart. Source: the
// IANA special-purpose registry.
constexpr std::array<Ipv4Range, 7> kSpecialRanges = {{{0, 0, 255},
                                                      {10, 0, 255},
                                                      {100, 64, 127},
                                                      {127, 0, 255},
                                                      {169, 254, 254},
                                                      {172, 16, 31},
                                                      {192, 168, 168}}};

bool is_special(const Ipv4& part) {
  if (part[0] >= 224) return true;
  return std::any_of(kSpecialRanges.begin(), kSpecialRanges.end(), [&](const Ipv4Range& range) {
    return part[0] == range.first && part[1] >= range.second_min && part[1] <= range.second_max;
  });
}

}  // namespace

bool is_public_ipv4(std::string_view text) {
  const auto address = parse_ipv4(text);
  return address && !is_special(*address);
}

}  // namespace scopetrace
