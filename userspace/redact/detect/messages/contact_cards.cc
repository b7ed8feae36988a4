// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/messages/contact_cards.h"

#include <algorithm>
#include <array>
#include <optional>

#include "userspace/redact/detect/cursor.h"
#include "userspace/redact/detect/line_look.h"
#include "userspace/redact/detect/look_ahead.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxCard = 4096;
constexpr std::size_t kMaxSegment = 2048;
constexpr std::size_t kMaxNumber = 20;  // of a field that counts
constexpr std::size_t kMaxNames = 256;  // of a list of given names, and to the family name

struct CardField {
  std::string_view name;
  std::string_view class_name;
};
constexpr CardField kCardFields[] = {
    {"FN", "person-name"},     {"N", "person-name"}, {"NICKNAME", "person-name"},
    {"ADR", "postal-address"}, {"TEL", "phone"},     {"BDAY", "date-of-birth"}};

// Of HL7 version 2, segment PID: the number of the field and what it holds.
struct PatientField {
  std::size_t number;
  std::string_view class_name;
};
constexpr PatientField kPatientFields[] = {
    {2, "medical-record"},  {3, "medical-record"}, {4, "medical-record"},  {5, "person-name"},
    {6, "person-name"},     {7, "date-of-birth"},  {9, "person-name"},     {11, "postal-address"},
    {13, "phone"},          {14, "phone"},         {18, "account-number"}, {19, "ssn"},
    {20, "driving-licence"}};

// Letters or digits, not separators alone.
bool has_content(std::string_view value) { return has_letter(value) || has_digit(value); }

std::string_view class_of_field(std::string_view name) {
  name = name.substr(0, name.find(';'));  // TEL;TYPE=cell
  const auto dot = name.find('.');        // item1.TEL
  if (dot != name.npos) name = name.substr(dot + 1);
  for (const CardField& field : kCardFields)
    if (equals_ignoring_case(field.name, name)) return field.class_name;
  return {};
}

// The value of a line of a vCard, when its field has a class.
void take_card_line(std::string_view text, TextRange at, std::vector<Finding>& findings) {
  const std::string_view line = text.substr(at.begin, at.end - at.begin);
  const auto colon = line.find(':');
  if (colon == line.npos) return;
  const std::string_view class_name = class_of_field(line.substr(0, colon));
  if (!class_name.empty() && has_content(line.substr(colon + 1)))
    findings.push_back({{at.begin + colon + 1, at.end}, class_name});
}

// The part of an HL7 field that counts: an identifier stands before its check digit and issuer.
std::size_t part_end(std::string_view field, std::string_view class_name) {
  const bool is_id = class_name != "person-name" && class_name != "postal-address";
  return is_id ? std::min(field.find_first_of("^~"), field.size()) : field.size();
}

// The string at the cursor, a part of a person's name. False when there is none.
bool take_name_part(Cursor& cursor, std::vector<Finding>& findings) {
  cursor.skip_spaces();
  if (!cursor.takes("\"")) return false;
  const std::size_t end = cursor.text.find('"', cursor.at);
  if (end == cursor.text.npos) return false;
  if (end > cursor.at) findings.push_back({{cursor.at, end}, "person-name"});
  cursor.at = end + 1;
  return true;
}

// : ["name", "name"]. False when no list begins at the cursor.
bool take_name_list(Cursor& cursor, std::vector<Finding>& findings) {
  cursor.skip_spaces();
  if (!cursor.takes(":")) return false;
  cursor.skip_spaces();
  if (!cursor.takes("[")) return false;
  while (take_name_part(cursor, findings)) {
    cursor.skip_spaces();
    if (!cursor.takes(",")) break;
  }
  return true;
}

// The end of the key "family" of the object that holds `at`, which begins at most kMaxNames before.
std::optional<std::size_t> family_key_end(std::string_view text, std::size_t at) {
  constexpr std::string_view kFamily = "\"family\"";
  const std::size_t from = at > kMaxNames ? at - kMaxNames : 0;
  const auto object = text.substr(from, at - from).find_last_of("{}");
  const std::size_t first = object == text.npos ? from : from + object;
  const std::size_t family = text.find(kFamily, first);
  if (family == text.npos || text.substr(first + 1, family - first - 1).find('}') != text.npos)
    return std::nullopt;
  return family + kFamily.size();
}

}  // namespace

void take_vcard(ScanText& scan, TextRange at, std::vector<Finding>& findings) {
  const bool begins = at.begin == 0 || !is_alnum(scan.text[at.begin - 1]);
  const std::size_t next_card = scan.text.substr(0, at.end + kMaxCard).find("BEGIN:VCARD", at.end);
  const std::string_view text =
      scan.text.substr(0, std::min({scan.text.size(), at.end + kMaxCard, next_card}));
  if (!begins) return;
  for (std::size_t begin = line_end(text, at.end) + 1; begin < text.size();) {
    std::size_t end = line_end(text, begin);
    if (end == scan.text.size()) wants_line(scan, at.begin);
    const std::size_t next = end + 1;
    while (end > begin && is_space(text[end - 1])) --end;
    const std::string_view line = text.substr(begin, end - begin);
    if (line.starts_with("END:VCARD") || line.starts_with("BEGIN:")) return;
    take_card_line(text, {begin, end}, findings);
    begin = next;
  }
  if (text.size() == scan.text.size()) wants_line(scan, at.begin);
}

void take_patient(ScanText& scan, TextRange at, std::vector<Finding>& findings) {
  const bool begins = at.begin == 0 || !is_alnum(scan.text[at.begin - 1]);
  const bool is_set = at.end < scan.text.size() && !is_digit(scan.text[at.end]) &&
                      scan.text[at.end] != '|';  // the first field is a number or empty
  if (!begins || is_set) return;
  const std::string_view ahead =
      scan.text.substr(0, std::min(scan.text.size(), at.end + kMaxSegment));
  const std::size_t stop = std::min(ahead.find_first_of("\r\n", at.end), ahead.size());
  if (stop == scan.text.size()) wants_line(scan, at.begin);
  std::size_t number = 1;
  for (std::size_t begin = at.end; begin < stop && number <= kMaxNumber; ++number) {
    const std::size_t end = std::min(ahead.find('|', begin), stop);
    const auto field = std::find_if(std::begin(kPatientFields), std::end(kPatientFields),
                                    [&](const PatientField& f) { return f.number == number; });
    const std::string_view written = ahead.substr(begin, end - begin);
    if (field != std::end(kPatientFields) && has_content(written))
      findings.push_back(
          {{begin, begin + part_end(written, field->class_name)}, field->class_name});
    begin = end + 1;
  }
}

void take_given_names(ScanText& scan, TextRange at, std::vector<Finding>& findings) {
  const std::string_view text = scan.text.substr(0, std::min(scan.text.size(), at.end + kMaxNames));
  Cursor cursor{text, at.end};
  if (!take_name_list(cursor, findings)) return;
  if (text.size() == scan.text.size()) wants_line(scan, at.begin);
  const auto family = family_key_end(text, at.begin);
  if (!family) return;
  cursor.at = *family;
  cursor.skip_spaces();
  if (cursor.takes(":")) take_name_part(cursor, findings);
}

}  // namespace scopetrace
