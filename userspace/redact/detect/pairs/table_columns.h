// SPDX-License-Identifier: Apache-2.0
// Tables in text (CSV, TSV, psql, mysql, Markdown): a header row of names, then rows of values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "userspace/redact/rules/names.h"
#include "userspace/redact/scan/finding.h"

namespace scopetrace {

// The sensitive columns of the table that a text is in, carried from row to row.
class TableColumns {
 public:
  bool is_active() const { return !columns_.empty(); }
  // Whether `line` is a header row with a sensitive name; then its rows follow. `next` is the line
  // below: between bars with blanks around them only a rule of dashes makes a header.
  bool begin(std::string_view line, std::string_view next, const NameTable& names);
  // Appends the sensitive fields of the row at [begin, begin + line.size()) of a text. A line with
  // another number of fields ends the table; rules of dashes do not.
  void take_row(std::string_view line, std::size_t begin, std::vector<Finding>& findings);
  void end() { columns_.clear(); }

 private:
  static constexpr std::size_t kMaxFields = 256;

  struct Column {
    std::size_t index;
    std::string_view class_name;
    bool needs_look;  // only values that look secret
  };

  char separator_ = ',';
  std::size_t fields_ = 0;
  std::vector<Column> columns_;
};

}  // namespace scopetrace
