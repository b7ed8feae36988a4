// SPDX-License-Identifier: Apache-2.0
// Payment cards: their numbers, and the tracks of their magnetic stripes.
#pragma once

#include <optional>
#include <string_view>

#include "userspace/redact/detect/numbers/number_run.h"
#include "userspace/redact/scan/finding.h"

namespace scopetrace {

bool has_luhn_digit(std::string_view digits);
// 12 to 19 digits without separators, an issuer's range of that length (ISO/IEC 7812 and the
// brands' published ranges) and the Luhn check digit.
bool is_card_number(std::string_view digits);

// A card number as printed (one group, 4-4-4-4, 4-6-5, 4-6-4, 4-4-4-4-3), with the rest of its
// track behind it: 1 is %B<number>^<name>^<data>?, 2 is <number>=<data> (ISO/IEC 7813).
std::optional<Finding> card_at(std::string_view text, const NumberRun& run);

}  // namespace scopetrace
