// SPDX-License-Identifier: Apache-2.0
// Secrets that a word in front announces, other than the name of a field: programs and their
// options, exchanges of line protocols, SQL, logins, recovery phrases, addresses of clients.
#pragma once

#include <vector>

#include "userspace/redact/detect/pairs/named_values.h"
#include "userspace/redact/rules/names.h"
#include "userspace/redact/scan/finding.h"
#include "userspace/redact/scan/literal_scan.h"

namespace scopetrace {

// The words that lead here: to be searched for; the index is what take_command() gets.
std::vector<Literal> command_literals();

// Looks at what stands behind the command word `index` at [begin, end).
void take_command(ScanText& scan, const NameTable& names, std::size_t index, TextRange at,
                  std::vector<Finding>& findings);

}  // namespace scopetrace
