// SPDX-License-Identifier: Apache-2.0
// Checks lines of a bundle against docs/schemas/, in the subset of JSON Schema used there: type,
// const, enum, pattern, minimum, maximum, properties, required, additionalProperties, items.
#pragma once

#include <string>
#include <string_view>

namespace scopetrace {

// Empty when the line follows the schema of its `type`, has `type` first and ends with LF; else
// what is wrong and where.
std::string schema_fault(std::string_view line);

}  // namespace scopetrace
