// SPDX-License-Identifier: Apache-2.0
// Values below a name in the plural: passwords: [a, b], "tokens":["a","b"], api_keys with a list or
// a map in the lines below, API_KEYS=a,b, <tokens><item>a</item></tokens>.
#pragma once

#include <string_view>
#include <vector>

#include "userspace/redact/detect/pairs/named_values.h"
#include "userspace/redact/scan/finding.h"

namespace scopetrace {

// The class of one of the things that `name` names in the plural; empty for none.
std::string_view plural_class(const NameTable& names, std::string_view name);

// Takes what looks secret in the container behind `name`, up to its end, a further bracket or
// kMaxLookahead bytes.
void take_plural(ScanText& scan, TextRange name, std::string_view class_name,
                 std::vector<Finding>& findings);

}  // namespace scopetrace
