// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/messages/announced_codes.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "userspace/redact/detect/look_ahead.h"
#include "userspace/redact/detect/numbers/check_digits.h"
#include "userspace/redact/detect/word_column.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxEnding = 16;  // letters behind the word that belong to it
constexpr std::size_t kMaxGap = 64;     // between the word and its value
constexpr std::size_t kMaxListGap = 6;  // between the values of a list: "', b'"
constexpr std::size_t kMaxValue = 40;

// Whether `text` is written as `form` says: L a letter, N a digit, A either, other characters
// themselves.
bool has_form(std::string_view text, std::string_view form) {
  if (text.size() != form.size()) return false;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const bool is_letter_here = is_upper(text[i]), is_digit_here = is_digit(text[i]);
    const bool fits = form[i] == 'L'   ? is_letter_here
                      : form[i] == 'N' ? is_digit_here
                      : form[i] == 'A' ? is_letter_here || is_digit_here
                                       : text[i] == form[i];
    if (!fits) return false;
  }
  return true;
}

// The word of letters, digits and dashes at `at`.
std::string_view code_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && end - at < kMaxValue && (is_alnum(text[end]) || text[end] == '-'))
    ++end;
  return text.substr(at, end - at);
}

// How long the value at `at` is; 0 for none.
using Measure = std::size_t (*)(std::string_view text, std::size_t at);

// Income tax: the fourth letter says what the holder is.
std::size_t indian_pan_at(std::string_view text, std::size_t at) {
  const std::string_view code = code_at(text, at);
  const bool is_pan = has_form(code, "LLLLLNNNNL") && is_in(code[3], "ABCEFGHJKLPT");
  return is_pan ? code.size() : 0;
}

// Medicare beneficiary identifier. Source: CMS, format of the MBI.
std::size_t mbi_at(std::string_view text, std::size_t at) {
  const std::string_view code = code_at(text, at);
  return has_form(code, "NLANLANLLNN") || has_form(code, "NLAN-LAN-LLNN") ? code.size() : 0;
}

// At most two letters, then six to nine digits.
std::size_t document_at(std::string_view text, std::size_t at) {
  const std::string_view code = code_at(text, at);
  std::size_t letters = 0;
  while (letters < code.size() && is_upper(code[letters])) ++letters;
  const std::size_t digits = code.size() - letters;
  const bool is_document =
      letters <= 2 && digits >= 6 && digits <= 9 && count_digits(code) == digits;
  return is_document ? code.size() : 0;
}

std::size_t record_at(std::string_view text, std::size_t at) {
  const std::string_view code = code_at(text, at);
  const std::size_t prefix = code.starts_with("MRN") ? 3 : 0;
  const std::size_t digits = code.size() - prefix;
  return digits >= 6 && digits <= 10 && count_digits(code) == digits ? code.size() : 0;
}

std::size_t digits_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && end - at < 5 && is_digit(text[end])) ++end;
  return end - at;
}

// The length of a month's name or its first letters at `at`, of English, German and French.
std::size_t month_at(std::string_view text, std::size_t at) {
  constexpr std::array<std::string_view, 16> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                        "jul", "aug", "sep", "oct", "nov", "dec",
                                                        "dez", "okt", "mai", "fev"};
  std::size_t end = at;
  while (end < text.size() && end - at < kMaxEnding && is_letter(text[end])) ++end;
  const std::string head = to_lower(text.substr(at, std::min<std::size_t>(end - at, 3)));
  return std::find(kMonths.begin(), kMonths.end(), head) != kMonths.end() ? end - at : 0;
}

// 12 March 1984, 12-Mar-1984, March 12, 1984
std::size_t written_date_at(std::string_view text, std::size_t at) {
  const auto skip_marks = [&](std::size_t i) {
    while (i < text.size() && is_in(text[i], " ,.-/")) ++i;
    return i;
  };
  const std::size_t day_first = digits_at(text, at);
  std::size_t end = at + day_first;
  if (day_first > 2) return 0;
  if (day_first > 0) end = skip_marks(end);
  const std::size_t month = month_at(text, end);
  if (month == 0) return 0;
  end = skip_marks(end + month);
  if (day_first == 0) {
    const std::size_t day = digits_at(text, end);
    if (day == 0 || day > 2) return 0;
    end = skip_marks(end + day);
  }
  const std::size_t year = digits_at(text, end);
  return year == 4 || year == 2 ? end + year - at : 0;
}

// Whether the first or the last part of a date, of so many digits, can be its year.
bool has_year(std::size_t first, std::size_t last) {
  if (first == 4) return last == 1 || last == 2;
  return first <= 2 && (last == 4 || last == 2);
}

// 1980-03-12, 12.03.1980, 3/12/1980, with the same mark twice.
std::size_t date_at(std::string_view text, std::size_t at) {
  if (const std::size_t written = written_date_at(text, at)) return written;
  const std::size_t first = digits_at(text, at);
  if (first == 0 || at + first >= text.size()) return 0;
  const char mark = text[at + first];
  if (mark != '-' && mark != '/' && mark != '.') return 0;
  const std::size_t middle_at = at + first + 1;
  const std::size_t middle = digits_at(text, middle_at);
  const std::size_t last_at = middle_at + middle + 1;
  if (middle == 0 || middle > 2 || last_at >= text.size() || text[last_at - 1] != mark) return 0;
  const std::size_t last = digits_at(text, last_at);
  if (!has_year(first, last)) return 0;
  const std::size_t end = last_at + last;
  const bool goes_on = end < text.size() && (is_digit(text[end]) || text[end] == mark);
  return goes_on ? 0 : end - at;
}

struct Announcement {
  std::string_view word;
  Measure measure;
  std::string_view class_name;
};
constexpr std::string_view kId = "national-id";
constexpr Announcement kAnnouncements[] = {
    {"medicare", mbi_at, kId},
    {"mbi", mbi_at, kId},
    {"pan_no", indian_pan_at, kId},
    {"pan-no", indian_pan_at, kId},
    {"pan no", indian_pan_at, kId},
    {"panno", indian_pan_at, kId},
    {"pancard", indian_pan_at, kId},
    {"pan card", indian_pan_at, kId},
    {"tax_pan", indian_pan_at, kId},
    {"tax-pan", indian_pan_at, kId},
    {"tax pan", indian_pan_at, kId},
    {"taxpan", indian_pan_at, kId},
    {"permanent account", indian_pan_at, kId},
    {"passport", document_at, "passport"},
    {"medical record", record_at, "medical-record"},
    {"medical_record", record_at, "medical-record"},
    {"medical-record", record_at, "medical-record"},
    {"medicalrecord", record_at, "medical-record"},
    {"mrn", record_at, "medical-record"},
    {"birth", date_at, "date-of-birth"},
    {"dob", date_at, "date-of-birth"},
    {"geburtsdatum", date_at, "date-of-birth"},
    {"date de naissance", date_at, "date-of-birth"},
};

// Words that may stand between: they are part of the name, or of the syntax around the value.
bool is_filler(std::string_view word) {
  constexpr std::array<std::string_view, 22> kFillers = {
      "of", "birth", "date",   "day",     "dob", "number", "no",   "num", "nr",   "id",   "value",
      "is", "was",   "string", "content", "key", "str",    "some", "set", "text", "card", "data"};
  if (word.size() <= 2) return true;
  if (is_digit(word[0]) && word.size() <= 3 && word.back() == 'm') return true;  // ANSI colour
  return std::any_of(kFillers.begin(), kFillers.end(),
                     [&](std::string_view filler) { return equals_ignoring_case(filler, word); });
}

std::size_t word_end(std::string_view text, std::size_t at) {
  while (at < text.size() && is_alnum(text[at])) ++at;
  return at;
}

// Where the value is, behind fillers; nothing when another word comes first.
std::optional<TextRange> first_value(std::string_view text, std::size_t at, Measure measure) {
  constexpr std::size_t kEscape = 6;
  while (at < text.size()) {
    if (!is_alnum(text[at])) {
      const bool is_escape = text.substr(at).starts_with("\\u00");  // \u0022
      at += is_escape ? kEscape : 1;
      continue;
    }
    if (const std::size_t size = measure(text, at)) return TextRange{at, at + size};
    const std::size_t end = word_end(text, at);
    if (!is_filler(text.substr(at, end - at))) return std::nullopt;
    at = end;
  }
  return std::nullopt;
}

bool is_whole(std::string_view text, TextRange range) {
  return is_token_start(text, range.begin) &&
         (range.end >= text.size() || !is_alnum(text[range.end]) || text[range.end] == 'T');
}

}  // namespace

std::vector<std::string_view> announcing_words() {
  return word_column(kAnnouncements, &Announcement::word);
}

void take_announced(ScanText& scan, std::size_t index, TextRange word,
                    std::vector<Finding>& findings) {
  const Announcement& announcement = kAnnouncements[index];
  const std::string_view text = scan.text;
  const bool is_inside = word.begin > 0 && is_lower(text[word.begin]) &&
                         is_letter(text[word.begin - 1]) && announcement.word.size() <= 5;
  if (is_inside) return;
  std::size_t from = word.end;
  if (announcement.word.size() > 3)
    while (from < text.size() && from - word.end < kMaxEnding && is_lower(text[from])) ++from;
  for (std::size_t gap = kMaxGap;; gap = kMaxListGap) {
    const std::size_t limit = std::min(text.size(), from + gap + kMaxValue);
    const std::string_view ahead = text.substr(0, limit);
    const std::string_view line = ahead.substr(0, ahead.find('\n', from));
    if (line.size() == text.size()) wants_line(scan, word.begin);
    const auto value = first_value(line, from, announcement.measure);
    if (!value || value->begin - from > gap || !is_whole(line, *value)) return;
    findings.push_back({*value, announcement.class_name});
    from = value->end;
  }
}

}  // namespace scopetrace
