// SPDX-License-Identifier: Apache-2.0
// Values that stand on the lines below their names.
#pragma once

#include <string_view>
#include <vector>

#include "userspace/redact/detect/scan_text.h"
#include "userspace/redact/scan/finding.h"

namespace scopetrace {

// YAML: the lines below the one of `name` that are further indented. Returns where they end.
std::size_t take_block(ScanText& scan, TextRange name, std::string_view class_name,
                       std::vector<Finding>& findings);

// YAML, JSON: the scalar on the next line, further indented, when `name:` ends its line.
void take_next_line(ScanText& scan, TextRange name, std::string_view class_name,
                    std::vector<Finding>& findings);

// A part of a form: name="password", then an empty line, then the value up to the boundary. False
// when `name` is not that of a part.
bool take_part(ScanText& scan, TextRange name, std::string_view class_name,
               std::vector<Finding>& findings);

}  // namespace scopetrace
