// SPDX-License-Identifier: Apache-2.0
// What languages put between a sign and the value: types, constructors, tags, brackets.
#pragma once

#include <optional>
#include <string_view>

#include "userspace/redact/detect/pairs/assignment.h"

namespace scopetrace {

// Moves the cursor over Some(, string(20), 0x55d0, b, <<, [, !!str and the like, when a value
// follows them.
void skip_wrapper(Cursor& cursor);

// name: str = "value", name string = "value": what was read as the value is a type; then this is
// where the value begins.
std::optional<std::size_t> behind_type(std::string_view text, const Assignment& found);

}  // namespace scopetrace
