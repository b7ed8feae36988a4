// SPDX-License-Identifier: Apache-2.0
// A text that is looked at, and what it still lacks.
#pragma once

#include <string_view>

namespace scopetrace {

class TableColumns;

struct ScanText {
  std::string_view text;
  bool is_final = true;  // nothing follows; else what touches the end is not decided yet
  std::size_t undecided = std::string_view::npos;  // from here on more text is needed
  TableColumns* columns = nullptr;                 // of the table that the text is in

  // What begins at `at` cannot be decided before more text is there.
  void wants_more(std::size_t at) {
    if (!is_final && at < undecided) undecided = at;
  }
};

}  // namespace scopetrace
