// SPDX-License-Identifier: Apache-2.0
// Tables written as arrays: {"columns":["id","token"],"rows":[[1,"x"]]} and
// [["id","token"],[1,"x"]].
#pragma once

#include <vector>

#include "userspace/redact/detect/scan_text.h"
#include "userspace/redact/rules/names.h"
#include "userspace/redact/scan/finding.h"

namespace scopetrace {

// Looks at the rows behind the two opening brackets that end at `end`. The names of the columns
// stand in the array before, or in the first row. At most kMaxLookahead bytes of rows are read.
void take_json_rows(ScanText& scan, const NameTable& names, std::size_t end,
                    std::vector<Finding>& findings);

}  // namespace scopetrace
