// SPDX-License-Identifier: Apache-2.0
// Telephone numbers in any text: international ones (ITU-T E.164), North American ones as printed,
// and national ones that a word in front announces.
#pragma once

#include <optional>
#include <string_view>

#include "userspace/redact/detect/numbers/number_run.h"
#include "userspace/redact/scan/finding.h"

namespace scopetrace {

// The number that the run is, or that it ends: "+1 (415) 555-0100" has its run at 555.
std::optional<Finding> phone_around(std::string_view text, const NumberRun& run);

}  // namespace scopetrace
