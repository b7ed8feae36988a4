// SPDX-License-Identifier: Apache-2.0
// Numbers that give themselves away: cards and their tracks, bank accounts, telephones, national
// numbers.
#pragma once

#include <string_view>
#include <vector>

#include "userspace/redact/scan/finding.h"

namespace scopetrace {

// Looks at the run of digits (single blanks or dashes between them) that begins at `at`, and at
// each of its groups. Appends what it is part of.
void find_numbers_at(std::string_view text, std::size_t at, std::vector<Finding>& findings);

}  // namespace scopetrace
