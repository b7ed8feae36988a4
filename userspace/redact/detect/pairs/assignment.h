// SPDX-License-Identifier: Apache-2.0
// Where the value of a name stands and ends, in text whose format is not known.
#pragma once

#include <optional>
#include <string_view>

#include "userspace/redact/detect/pairs/read_value.h"
#include "userspace/redact/detect/pairs/value_end.h"
#include "userspace/redact/rules/shape.h"

namespace scopetrace {

// The name around the characters [begin, end) of `text`, without what escapes or colours it
// (%22name, \nname).
TextRange name_around(std::string_view text, std::size_t begin, std::size_t end);

// Whether the word `name` is itself the value of a pair that says a name: `name: DB_PASSWORD`,
// <key>DB_PASSWORD, whose value stands in another pair.
bool is_said_name(std::string_view text, TextRange name);

// Whether `name` is the name in ::set-output name=NAME::value, a command of a build log.
bool is_output(std::string_view text, TextRange name);

// Whether it is the index in $ENV{name} or $config->{name}, not in ${name} or {{name}}.
bool is_braced_index(std::string_view text, TextRange name);

// What stands behind the name `name`, if that assigns it a value on this line or the next. Linear
// in the length of the value; looks at most kMaxValueBytes ahead.
std::optional<Assignment> assignment_behind(std::string_view text, TextRange name);

}  // namespace scopetrace
