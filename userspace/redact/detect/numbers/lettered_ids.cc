// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/numbers/lettered_ids.h"

#include <algorithm>
#include <array>
#include <string>

#include "userspace/redact/detect/numbers/check_digits.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::string_view kClass = "national-id";

bool is_one_of(char c, std::string_view set) { return set.find(c) != set.npos; }

char at_or_blank(std::string_view text, std::size_t at) {
  return at < text.size() ? text[at] : ' ';
}

unsigned number(std::string_view digits) {
  unsigned value = 0;
  for (const char c : digits) value = value * 10 + static_cast<unsigned>(c - '0');
  return value;
}

std::optional<Finding> found(std::string_view text, TextRange range) {
  if (!stands_alone(text, range)) return std::nullopt;
  return Finding{range, kClass};
}

// QQ 12 34 56 C, with or without blanks. Letters that are not used: HMRC, NIM39110.
std::optional<Finding> nino_around(std::string_view text, const NumberRun& run) {
  const std::size_t last = run.range.end + (at_or_blank(text, run.range.end) == ' ' ? 1 : 0);
  if (!is_one_of(at_or_blank(text, last), "ABCD")) return std::nullopt;
  std::size_t begin = run.range.begin;
  if (begin > 0 && text[begin - 1] == ' ') --begin;
  if (begin < 2 || !is_upper(text[begin - 1]) || !is_upper(text[begin - 2])) return std::nullopt;
  const std::string_view prefix = text.substr(begin - 2, 2);
  constexpr std::array<std::string_view, 7> kUnused = {"BG", "GB", "NK", "KN", "TN", "NT", "ZZ"};
  if (is_one_of(prefix[0], "DFIQUV") || is_one_of(prefix[1], "DFIOQUV")) return std::nullopt;
  if (std::find(kUnused.begin(), kUnused.end(), prefix) != kUnused.end()) return std::nullopt;
  return found(text, {begin - 2, last + 1});
}

// S1234567D: weights 2 7 6 5 4 3 2, a letter table for each first letter.
std::optional<Finding> nric_around(std::string_view text, const NumberRun& run) {
  const char head = run.range.begin > 0 ? text[run.range.begin - 1] : ' ';
  const char check = at_or_blank(text, run.range.end);
  if (!is_one_of(head, "STFGM") || !is_upper(check)) return std::nullopt;
  constexpr std::array<unsigned, 7> kWeights = {2, 7, 6, 5, 4, 3, 2};
  unsigned sum = head == 'T' || head == 'G' ? 4 : head == 'M' ? 3 : 0;
  for (std::size_t i = 0; i < kWeights.size(); ++i)
    sum += kWeights[i] * static_cast<unsigned>(run.buffer[i] - '0');
  const std::string_view table = head == 'S' || head == 'T'   ? "JZIHGFEDCBA"
                                 : head == 'F' || head == 'G' ? "XWUTRQPNMLK"
                                                              : "KLJNPQRTUWX";
  const std::size_t index = head == 'M' ? 10 - sum % 11 : sum % 11;
  if (table[index] != check) return std::nullopt;
  return found(text, {run.range.begin - 1, run.range.end + 1});
}

// 12345678Z and X1234567L: the letter of the number modulo 23; a dash may stand before it.
std::optional<Finding> dni_around(std::string_view text, const NumberRun& run) {
  const std::size_t last = run.range.end + (at_or_blank(text, run.range.end) == '-' ? 1 : 0);
  std::size_t begin = run.range.begin;
  unsigned value = number(run.digits());
  if (run.size == 7) {
    if (begin > 0 && text[begin - 1] == '-') --begin;
    if (begin == 0 || !is_one_of(text[begin - 1], "XYZ")) return std::nullopt;
    --begin;
    value += static_cast<unsigned>(text[begin] - 'X') * 10'000'000;
  }
  if (at_or_blank(text, last) != "TRWAGMYFPDXBNJZSQVHLCKE"[value % 23]) return std::nullopt;
  return found(text, {begin, last + 1});
}

// 131052-308T: the letter of the nine digits modulo 31. `sign` stands behind the sixth.
std::optional<Finding> hetu_around(std::string_view text, TextRange range) {
  const std::string_view written = text.substr(range.begin, range.end - range.begin);
  const std::string_view day = written.substr(0, 2), month = written.substr(2, 2);
  if (!is_day_month(day, month)) return std::nullopt;
  const unsigned value = number(written.substr(0, 6)) * 1000 + number(written.substr(7, 3));
  if (written[10] != "0123456789ABCDEFHJKLMNPRSTUVWXY"[value % 31]) return std::nullopt;
  return found(text, range);
}

std::optional<Finding> hetu_at(std::string_view text, const NumberRun& run) {
  const std::size_t begin = run.range.begin;
  if (begin + 11 > text.size()) return std::nullopt;
  const bool is_written = is_one_of(text[begin + 6], "-+ABCDEFYXWVU") &&
                          count_digits(text.substr(begin, 6)) == 6 &&
                          count_digits(text.substr(begin + 7, 3)) == 3;
  return is_written ? hetu_around(text, {begin, begin + 11}) : std::nullopt;
}

// The digits among [begin, end), which are written as `pattern` says: 0 for a digit.
std::optional<std::string> digits_of(std::string_view text, std::size_t end,
                                     std::string_view pattern) {
  if (end < pattern.size()) return std::nullopt;
  std::string digits;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = text[end - pattern.size() + i];
    if (pattern[i] == '0' ? !is_digit(c) : c != pattern[i]) return std::nullopt;
    if (is_digit(c)) digits += c;
  }
  return digits;
}

// A number whose last groups are the run.
std::optional<Finding> punctuated_id_until(std::string_view text, const NumberRun& run) {
  struct Pattern {
    std::uint64_t layout;  // of the run
    std::string_view text;
    bool (*check)(std::string_view digits);
  };
  constexpr Pattern kPatterns[] = {{32, "000.000.000-00", is_cpf},
                                   {42, "00.000.000/0000-00", is_cnpj}};
  for (const Pattern& pattern : kPatterns) {
    if (pattern.layout != run.layout) continue;
    const auto digits = digits_of(text, run.range.end, pattern.text);
    if (!digits || !pattern.check(*digits)) continue;
    return found(text, {run.range.end - pattern.text.size(), run.range.end});
  }
  return std::nullopt;
}

// Seventeen digits and X.
std::optional<Finding> cn_resident_at(std::string_view text, const NumberRun& run) {
  const TextRange range{run.range.begin, run.range.end + 1};
  if (to_lower(at_or_blank(text, run.range.end)) != 'x') return std::nullopt;
  if (!is_cn_resident(text.substr(range.begin, 18))) return std::nullopt;
  return found(text, range);
}

}  // namespace

std::optional<Finding> lettered_id_around(std::string_view text, const NumberRun& run) {
  const std::uint64_t layout = run.layout;
  if (layout == 32 || layout == 42) return punctuated_id_until(text, run);
  if (layout == 63 || layout == 6) {
    if (auto hetu = hetu_at(text, run)) return hetu;
  }
  if (layout == 6 || layout == 222) return nino_around(text, run);
  if (layout == 17) return cn_resident_at(text, run);
  if (layout != 7 && layout != 8) return std::nullopt;
  if (layout == 7) {
    if (auto nric = nric_around(text, run)) return nric;
  }
  return dni_around(text, run);
}

bool is_codice_fiscale(std::string_view text) {
  constexpr std::array<int, 26> kOdd = {1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                                        20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
  constexpr std::string_view kForm = "LLLLLLNNLNNLNNNL";  // a letter may stand for a digit
  if (text.size() != kForm.size()) return false;
  int sum = 0;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    const bool is_letter_here = is_upper(text[i]);
    const bool fits = is_letter_here ? kForm[i] == 'L' || is_one_of(text[i], "LMNPQRSTUV")
                                     : kForm[i] == 'N' && is_digit(text[i]);
    if (!fits) return false;
    const int value = is_letter_here ? text[i] - 'A' : text[i] - '0';
    if (i + 1 < kForm.size()) sum += i % 2 == 0 ? kOdd[static_cast<std::size_t>(value)] : value;
  }
  return text[15] == 'A' + sum % 26;
}

bool is_curp(std::string_view text) {
  if (text.size() != 18 || !is_one_of(text[10], "HMX") || !is_digit(text[17])) return false;
  const std::string_view digits = text.substr(4, 6);
  if (count_digits(digits) != 6 || !is_day_month(digits.substr(4), digits.substr(2, 2)))
    return false;
  int sum = 0;
  for (std::size_t i = 0; i < 17; ++i) {
    const char c = text[i];
    if (!is_upper(c) && (i < 4 || !is_digit(c))) return false;
    // The 37 characters are 0–9, A–N, Ñ, O–Z.
    const int value = is_digit(c) ? c - '0' : c - 'A' + 10 + (c > 'N' ? 1 : 0);
    sum += value * static_cast<int>(18 - i);
  }
  return text[17] - '0' == (10 - sum % 10) % 10;
}

std::optional<Finding> code_id_at(std::string_view text, std::size_t at) {
  constexpr std::size_t kFiscal = 16, kCurp = 18;
  if (at + kFiscal > text.size() || !is_upper(text[at]) || !is_upper(text[at + 3]))
    return std::nullopt;
  if (is_codice_fiscale(text.substr(at, kFiscal))) return found(text, {at, at + kFiscal});
  if (is_curp(text.substr(at, kCurp))) return found(text, {at, at + kCurp});
  return std::nullopt;
}

}  // namespace scopetrace
