// SPDX-License-Identifier: Apache-2.0
// Tables in text (CSV, TSV): a header row of names, then rows of values.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "userspace/redact/rules/names.h"
#include "userspace/redact/scan/finding.h"

namespace scopetrace {

// The sensitive columns of the table that a text is in, carried from row to row.
class TableColumns {
 public:
  bool is_active() const { return !columns_.empty(); }
  // Whether `line` is a header row with a sensitive name; then its rows follow.
  bool begin(std::string_view line, const NameTable& names);
  // Appends the sensitive fields of the row at [begin, begin + line.size()) of a text. A line with
  // another number of fields ends the table.
  void take_row(std::string_view line, std::size_t begin, std::vector<Finding>& findings);
  void end() { columns_.clear(); }

 private:
  static constexpr std::size_t kMaxFields = 256;

  char separator_ = ',';
  std::size_t fields_ = 0;
  std::vector<std::pair<std::size_t, std::string_view>> columns_;  // index and class
};

}  // namespace scopetrace
