// SPDX-License-Identifier: Apache-2.0
// Checks JSON against our schemas, in the subset of JSON Schema used there: $ref into $defs, if,
// then, else, type, const, enum, pattern, minLength, minimum, maximum, properties, required,
// additionalProperties, items, maxItems.
#pragma once

#include <string>
#include <string_view>

namespace scopetrace {

// Empty when the line follows the schema of its `type`, has `type` first and ends with LF; else
// what is wrong and where.
std::string schema_fault(std::string_view line);

// Empty when the JSON document follows the schema in the file; else what is wrong and where.
std::string document_fault(std::string_view document, const std::string& schema_path);

}  // namespace scopetrace
