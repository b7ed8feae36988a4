// SPDX-License-Identifier: Apache-2.0
// Commands of Redis as MONITOR prints them: every argument is a quoted word.
#pragma once

#include <vector>

#include "userspace/redact/detect/scan_text.h"
#include "userspace/redact/rules/names.h"
#include "userspace/redact/scan/finding.h"

namespace scopetrace {

// "HSET" "key" "field" "value": [at.begin, at.end) is the command's word with its quotes and the
// quote of the first argument.
void take_redis_words(ScanText& scan, const NameTable& names, TextRange at,
                      std::vector<Finding>& findings);

}  // namespace scopetrace
