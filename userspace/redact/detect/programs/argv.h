// SPDX-License-Identifier: Apache-2.0
// Secrets in command lines: options and positions that a program takes a password in, although no
// name says so (mysql -pX, curl -u user:X, htpasswd -b file user X). Options with telling names are
// found by name.
#pragma once

#include <string_view>
#include <vector>

#include "userspace/redact/detect/pairs/named_values.h"
#include "userspace/redact/scan/finding.h"

namespace scopetrace {

// The programs' names: what leads here.
std::vector<std::string_view> argv_programs();

// Looks at the command whose program, number `index` of argv_programs(), stands at `at`.
void take_program(ScanText& scan, std::size_t index, TextRange at, std::vector<Finding>& findings);

}  // namespace scopetrace
