// SPDX-License-Identifier: Apache-2.0
// Answers to prompts for a password in scripts of expect and of its relatives:
// expect "assword:" … send "X\r", child.expect("Password:") … child.sendline("X").
#pragma once

#include <vector>

#include "userspace/redact/detect/pairs/named_values.h"
#include "userspace/redact/scan/finding.h"

namespace scopetrace {

// Looks for the answers behind the word "expect" at `at`.
void take_expected(ScanText& scan, TextRange at, std::vector<Finding>& findings);

}  // namespace scopetrace
