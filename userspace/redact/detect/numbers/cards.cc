// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/numbers/cards.h"

#include <algorithm>

#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

struct IssuerRange {
  unsigned first, last;  // of the leading six digits
  std::uint8_t length_min, length_max;
};
// Issuer ranges in use, the wide ones first. Source: ISO/IEC 7812-1 and the brands' published
// ranges.
constexpr IssuerRange kIssuers[] = {
    {400000, 499999, 13, 19},  // Visa: 13, 16, 19
    {510000, 559999, 16, 16},  // Mastercard
    {222100, 272099, 16, 16},  // Mastercard
    {340000, 349999, 15, 15},  // American Express
    {370000, 379999, 15, 15},  // American Express
    {300000, 305999, 14, 19},  // Diners Club
    {309500, 309599, 14, 19},  // Diners Club
    {360000, 369999, 14, 19},  // Diners Club
    {380000, 399999, 14, 19},  // Diners Club
    {601100, 601199, 16, 19},  // Discover
    {644000, 659999, 16, 19},  // Discover; Elo and RuPay within
    {352800, 358999, 16, 19},  // JCB
    {620000, 628999, 16, 19},  // UnionPay
    {810000, 822899, 16, 19},  // UnionPay, RuPay
    {500000, 509999, 12, 19},  // Maestro; Elo, RuPay and Verve within
    {560000, 589999, 12, 19},  // Maestro
    {600000, 600999, 16, 16},  // RuPay
    {606282, 606282, 16, 19},  // Hipercard
    {606985, 608999, 16, 16},  // RuPay
    {630000, 639999, 12, 19},  // Maestro, InstaPayment
    {670000, 679999, 12, 19},  // Maestro
    {220000, 220499, 16, 19},  // Mir
    {979200, 979289, 16, 16},  // Troy
    {860000, 860099, 16, 16},  // Uzcard
    {986000, 986099, 16, 16},  // Humo
};

constexpr std::size_t kMaxTrack1 = 79;  // characters, ISO/IEC 7813
constexpr std::size_t kMaxTrack2Data = 24;
constexpr std::size_t kMinTrackData = 7;  // expiry date and service code

bool is_issued(unsigned head, std::size_t size) {
  return std::any_of(std::begin(kIssuers), std::end(kIssuers), [&](const IssuerRange& range) {
    return head >= range.first && head <= range.last && size >= range.length_min &&
           size <= range.length_max;
  });
}

bool is_visa_length(std::size_t size) { return size == 13 || size == 16 || size == 19; }

bool is_printed_layout(const NumberRun& run) {
  return run.groups == 1 || run.layout == 4444 || run.layout == 465 || run.layout == 464 ||
         run.layout == 44443 || run.layout == 4443 || run.layout == 613;
}

// Where the data of track 2 ends behind the separator at `at`, or nothing.
std::optional<std::size_t> track2_end(std::string_view text, std::size_t at) {
  std::size_t end = at + 1;
  while (end < text.size() && end - at <= kMaxTrack2Data && is_digit(text[end])) ++end;
  return end - at > kMinTrackData ? std::optional(end) : std::nullopt;
}

// Where track 1 ends, whose name begins behind the "^" at `at`.
std::optional<std::size_t> track1_end(std::string_view text, std::size_t at) {
  const std::string_view data = text.substr(at, kMaxTrack1);
  const auto second = data.find('^', 1);
  if (second == data.npos || data.substr(0, second).find_first_of("\"\n") != data.npos)
    return std::nullopt;
  std::size_t end = second + 1;
  while (end < data.size() && (is_alnum(data[end]) || data[end] == ' ')) ++end;
  return end - second > kMinTrackData ? std::optional(at + end) : std::nullopt;
}

std::optional<Finding> track_at(std::string_view text, const NumberRun& run) {
  const std::size_t end = run.range.end;
  if (end >= text.size()) return std::nullopt;
  const std::size_t begin = run.range.begin;
  if (text[end] == '^' && begin > 0 && to_lower(text[begin - 1]) == 'b') {
    if (const auto stop = track1_end(text, end)) return Finding{{begin, *stop}, "track1"};
  }
  if ((text[end] == '=' || text[end] == 'D') && is_token_start(text, begin)) {
    if (const auto stop = track2_end(text, end)) return Finding{{begin, *stop}, "track2"};
  }
  return std::nullopt;
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
  if (digits.size() < 12 || digits.size() > 19 || digits[0] < '2') return false;
  if (digits[0] == '4' && !is_visa_length(digits.size())) return false;
  if (!has_luhn_digit(digits)) return false;
  unsigned head = 0;
  for (const char c : digits.substr(0, 6)) head = head * 10 + static_cast<unsigned>(c - '0');
  return is_issued(head, digits.size());
}

std::optional<Finding> card_at(std::string_view text, const NumberRun& run) {
  if (run.size < 13 || run.size > 19 || !is_printed_layout(run)) return std::nullopt;
  if (!is_card_number(run.digits())) return std::nullopt;
  if (auto track = track_at(text, run)) return track;
  if (!stands_alone(text, run.range)) return std::nullopt;
  return Finding{run.range, "pan"};
}

}  // namespace scopetrace
