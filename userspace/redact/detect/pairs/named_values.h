// SPDX-License-Identifier: Apache-2.0
// Name and value pairs in text whose format is not known: logs, configuration, code, argv.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "userspace/redact/detect/pairs/assignment.h"
#include "userspace/redact/detect/pairs/name_memo.h"
#include "userspace/redact/detect/pairs/table_columns.h"
#include "userspace/redact/detect/scan_text.h"
#include "userspace/redact/rules/names.h"
#include "userspace/redact/scan/finding.h"

namespace scopetrace {

// Finds the values of sensitive names around the keywords that a prefilter saw. A value ends where
// its container ends it. One object a text; keywords come in their order.
class NamedValueFinder {
 public:
  NamedValueFinder(ScanText& scan, NameMemo& memo, std::vector<Finding>& findings)
      : scan_(scan), text_(scan.text), memo_(memo), names_(memo.names()), findings_(findings) {}

  // Takes the rows of the table that the text begins in. To be called first.
  void begin();
  // The keyword [begin, end): part of a name, maybe.
  void take_keyword(std::size_t begin, std::size_t end);

 private:
  std::string_view slice(TextRange range) const {
    return text_.substr(range.begin, range.end - range.begin);
  }
  void take_name(TextRange name);
  bool takes_part(TextRange name, const NameTable::Match& match);
  bool take_table(TextRange name);
  bool begins_table(TextRange cell);
  void take_rows(std::size_t at);
  void take_reversed_pair(std::size_t end);
  std::string_view class_of_value(TextRange name, const NameTable::Match& match,
                                  const Assignment& found) const;
  std::string_view looked_at(std::string_view class_name, const Assignment& found) const;
  void take_nothing(TextRange name);
  void ask_if_open(TextRange name, const Assignment& found);
  bool take_field(TextRange name, const Assignment& found);
  void take_assignment(TextRange name, std::string_view class_name, const Assignment& found);
  bool is_sure(TextRange name, std::string_view class_name, const Assignment& found) const;
  NameTable::Match match_around(const NameTable::Match& match, TextRange& name) const;
  void take_list(const Assignment& found, std::string_view class_name);
  void take_cookie_field(TextRange field, bool is_set, const Assignment& found);
  TextRange whole_value(TextRange name, std::string_view class_name, const Assignment& found) const;
  TextRange whole_words(TextRange value, std::string_view class_name) const;
  TextRange first_word(TextRange value) const;
  TextRange whole_number(TextRange value, std::string_view class_name) const;
  TextRange whole_field(TextRange name, TextRange value) const;
  TextRange whole_setting(TextRange name, TextRange value) const;
  TextRange cell_around(TextRange name) const;

  ScanText& scan_;
  std::string_view text_;
  NameMemo& memo_;
  const NameTable& names_;
  std::vector<Finding>& findings_;
  std::size_t field_until_ = 0;  // a long header field before this was looked at
  std::size_t taken_until_ = 0;  // names before this were looked at
  std::size_t table_until_ = 0;  // rows before this were taken
};

}  // namespace scopetrace
