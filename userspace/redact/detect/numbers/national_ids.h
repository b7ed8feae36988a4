// SPDX-License-Identifier: Apache-2.0
// National numbers in any text: where their form and check digit are distinctive, or a word in
// front says what they are. What a name of a field says is not looked at here: rules/names.h.
#pragma once

#include <optional>
#include <string_view>

#include "userspace/redact/detect/numbers/number_run.h"
#include "userspace/redact/scan/finding.h"

namespace scopetrace {

// The number that is the run, or that the run is a part of: with letters, dots or slashes around.
std::optional<Finding> national_id_at(std::string_view text, const NumberRun& run);

// Whether one of `words` (lower case, between | signs) stands on the same line in at most 64 bytes
// before `at`, as a word of its own.
bool is_announced(std::string_view text, std::size_t at, std::string_view words);

}  // namespace scopetrace
