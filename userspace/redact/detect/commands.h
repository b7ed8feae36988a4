// SPDX-License-Identifier: Apache-2.0
// Secrets that a command announces: options of programs, AUTH exchanges of protocols in text.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "userspace/redact/detect/named_values.h"
#include "userspace/redact/scan/finding.h"
#include "userspace/redact/scan/literal_scan.h"

namespace scopetrace {

// The words that lead here: to be searched for; the index is what take_command() gets.
std::vector<Literal> command_literals();

// Looks at what stands behind the command word `index` at [begin, end).
void take_command(ScanText& scan, std::size_t index, std::size_t begin, std::size_t end,
                  std::vector<Finding>& findings);

}  // namespace scopetrace
