// SPDX-License-Identifier: Apache-2.0
// Values that a word on the same line gives away, whatever stands between: identifiers of letters
// and digits (Indian PAN, American MBI, passports, medical records) and dates of birth.
#pragma once

#include <string_view>
#include <vector>

#include "userspace/redact/detect/pairs/named_values.h"
#include "userspace/redact/scan/finding.h"

namespace scopetrace {

// The words that lead here, to be searched for in any case; the index is what take_announced()
// gets.
std::vector<std::string_view> announcing_words();

// Takes what the word `index` at `word` announces: the first value behind it, and those that follow
// it in a list.
void take_announced(ScanText& scan, std::size_t index, TextRange word,
                    std::vector<Finding>& findings);

}  // namespace scopetrace
