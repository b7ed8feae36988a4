// SPDX-License-Identifier: Apache-2.0
// One table a type of line, `http.csv` and so on, after RFC 4180.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/export/export_format.h"

namespace scopetrace {

// A cell, quoted where it has to be. Spreadsheets take what begins with = + - @ for a formula: such
// a text gets an apostrophe in front. Control characters are escaped as in JSON.
std::string csv_text(std::string_view text);

// The columns are the members of the type's schema: `request.host`, `timing.wait_ns`. Lists of
// words are joined by blanks; what has members of its own in a list is JSON.
class CsvFormat final : public ExportFormat {
 public:
  explicit CsvFormat(OutputFolder& folder) : folder_(folder) {}

  Status add(const ExportLine& line) override;
  Status finish() override { return {}; }

 private:
  struct Table {
    ExportFile* file = nullptr;
    std::vector<std::vector<std::string>> columns;  // the members that lead to each
  };
  // The table of this type, made with its header when it is the first line.
  Result<Table*> table_of(const std::string& type);

  OutputFolder& folder_;
  std::map<std::string, Table> tables_;  // by type
};

Result<std::unique_ptr<ExportFormat>> make_csv_format(const ExportProfile& profile,
                                                      OutputFolder& folder);

}  // namespace scopetrace
