// SPDX-License-Identifier: Apache-2.0
// Lists of strings as values.
#pragma once

#include <optional>
#include <string_view>

#include "userspace/redact/detect/pairs/assignment.h"

namespace scopetrace {

// ["value", "value"]: the next string of the list that `found` is the first one of, or nothing at
// its end. `at` is 0 before the first call.
std::optional<TextRange> next_string(std::string_view text, const Assignment& found,
                                     std::size_t& at);

}  // namespace scopetrace
