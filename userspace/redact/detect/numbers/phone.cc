// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/numbers/phone.h"

#include <algorithm>
#include <array>

#include "userspace/redact/detect/numbers/national_ids.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxBack = 14;  // "+44 (0) 1234 " before the run
constexpr std::size_t kMaxGap = 3;    // ") (" between groups
constexpr std::string_view kWords =
    "|phone|telephone|tel|mobile|mob|cell|call|called|fax|whatsapp|sms|dial|telefon|handy|"
    "portable|movil|telefono|callback|";

// How many digits a number of a country has, the country code included.
struct NumberingPlan {
  std::string_view country;
  std::uint8_t min, max;
};
// Source: ITU-T E.164 national numbering plans. Countries that are not here have 8 to 15.
constexpr NumberingPlan kPlans[] = {
    {"1", 11, 11},  {"7", 11, 11},  {"20", 11, 12}, {"27", 11, 11}, {"30", 12, 12}, {"31", 11, 11},
    {"32", 10, 11}, {"33", 11, 11}, {"34", 11, 11}, {"36", 10, 11}, {"39", 9, 13},  {"40", 11, 11},
    {"41", 11, 11}, {"43", 9, 13},  {"44", 11, 12}, {"45", 10, 10}, {"46", 9, 12},  {"47", 10, 10},
    {"48", 11, 11}, {"49", 8, 13},  {"51", 10, 11}, {"52", 12, 13}, {"54", 12, 13}, {"55", 12, 13},
    {"56", 11, 11}, {"57", 12, 12}, {"60", 11, 12}, {"61", 11, 11}, {"62", 10, 13}, {"63", 12, 12},
    {"64", 10, 12}, {"65", 10, 10}, {"66", 10, 11}, {"81", 11, 12}, {"82", 11, 12}, {"84", 11, 12},
    {"86", 12, 13}, {"90", 12, 12}, {"91", 12, 12}, {"92", 12, 12}, {"98", 12, 12}};

NumberingPlan plan_of(std::string_view digits) {
  for (const NumberingPlan& plan : kPlans)
    if (digits.starts_with(plan.country)) return plan;
  return {"", 8, 15};
}

bool is_gap(char c) { return is_in(c, " -./()"); }

std::size_t group_size(std::string_view text, std::size_t at) {
  std::size_t size = 0;
  while (at + size < text.size() && is_digit(text[at + size]) && size < 16) ++size;
  return size;
}

// Behind the number whose country code begins at `at`: as many groups as its plan allows.
std::optional<std::size_t> international_end(std::string_view text, std::size_t at) {
  const NumberingPlan plan = plan_of(text.substr(at, 3));
  if (text[at] == '0') return std::nullopt;
  std::size_t digits = 0, end = at;
  for (std::size_t i = at; i < text.size() && is_digit(text[i]);) {
    const std::size_t group = group_size(text, i);
    if (digits + group > plan.max) break;
    const bool is_trunk_zero = group == 1 && text[i] == '0' && text[i - 1] == '(';
    digits += is_trunk_zero ? 0 : group;
    i = end = i + group;
    while (i < text.size() && i - end < kMaxGap && is_gap(text[i])) ++i;
  }
  const bool is_whole = end >= text.size() || !is_alnum(text[end]);
  return digits >= plan.min && is_whole ? std::optional(end) : std::nullopt;
}

// Where a + stands, or %2B for one, from which only groups and gaps lead to the run at `at`.
std::optional<std::size_t> plus_before(std::string_view text, std::size_t at) {
  for (std::size_t back = 1; back <= std::min(at, kMaxBack); ++back) {
    const char c = text[at - back];
    if (c == '+') return at - back;
    const bool is_escape = c == 'B' && back + 2 <= at && text.substr(at - back - 2, 3) == "%2B";
    if (is_escape) return at - back;
    if (!is_digit(c) && !is_gap(c)) return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Finding> international_around(std::string_view text, const NumberRun& run) {
  const auto plus = plus_before(text, run.range.begin);
  if (!plus) return std::nullopt;
  const bool is_escape = text[*plus] == 'B';
  const std::size_t begin = is_escape ? *plus - 2 : *plus;
  const std::size_t first = *plus + 1;
  if (!is_digit(text[first]) || (!is_escape && !is_token_start(text, begin))) return std::nullopt;
  const auto end = international_end(text, first);
  if (!end || *end < run.range.begin + 1) return std::nullopt;
  return Finding{{begin, *end}, "phone"};
}

// Area and exchange of the North American plan begin with 2 to 9.
bool is_north_american(std::string_view area, std::string_view exchange) {
  return count_digits(area) == 3 && area[0] >= '2' && exchange[0] >= '2';
}

// The begin of (212) before the exchange at `at`, or nothing.
std::optional<std::size_t> bracketed_area(std::string_view text, std::size_t at,
                                          std::string_view exchange) {
  if (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '-')) --at;
  if (at < 5 || text[at - 1] != ')' || text[at - 5] != '(') return std::nullopt;
  if (!is_north_american(text.substr(at - 4, 3), exchange)) return std::nullopt;
  return at - 5;
}

// Where the number 212-555-0100, 1-212-555-0100 or (212) 555-0100 begins that the run is or ends;
// nothing when it is of no such form.
std::optional<std::size_t> north_american_begin(std::string_view text, const NumberRun& run) {
  const std::string_view digits = run.digits();
  const std::size_t begin = run.range.begin;
  if (run.layout == 34) return bracketed_area(text, begin, digits);
  const bool has_country = run.layout == 1334 && digits[0] == '1';
  if (!has_country && !(run.layout == 334 && run.separator == '-')) return std::nullopt;
  const std::string_view local = digits.substr(has_country ? 1 : 0);
  const bool is_number = is_north_american(local.substr(0, 3), local.substr(3));
  return is_number ? std::optional(begin) : std::nullopt;
}

std::optional<Finding> north_american(std::string_view text, const NumberRun& run) {
  const auto begin = north_american_begin(text, run);
  if (!begin || !stands_alone(text, {*begin, run.range.end})) return std::nullopt;
  return Finding{{*begin, run.range.end}, "phone"};
}

// 030/1234567: the area code before a slash is part of it.
std::size_t with_area_code(std::string_view text, std::size_t at) {
  std::size_t begin = at;
  if (begin == 0 || (text[begin - 1] != '/' && text[begin - 1] != ')')) return at;
  --begin;
  while (begin > 0 && at - begin < 8 && (is_digit(text[begin - 1]) || text[begin - 1] == '('))
    --begin;
  return begin;
}

std::optional<Finding> announced(std::string_view text, const NumberRun& run) {
  constexpr std::uint64_t kDate = 422;
  if (run.size < 7 || run.size > 12 || run.layout == kDate) return std::nullopt;
  const std::size_t begin = with_area_code(text, run.range.begin);
  const bool has_form = run.groups > 2 || run.buffer[0] == '0' || text[begin] == '0' ||
                        text[begin] == '(' || run.size == 10 || run.separator == '-';
  if (!has_form || !stands_alone(text, {begin, run.range.end})) return std::nullopt;
  if (!is_announced(text, begin, kWords)) return std::nullopt;
  return Finding{{begin, run.range.end}, "phone"};
}

}  // namespace

std::optional<Finding> phone_around(std::string_view text, const NumberRun& run) {
  if (auto found = international_around(text, run)) return found;
  if (auto found = north_american(text, run)) return found;
  return announced(text, run);
}

}  // namespace scopetrace
