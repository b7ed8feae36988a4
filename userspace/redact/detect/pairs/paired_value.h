// SPDX-License-Identifier: Apache-2.0
// Values that stand apart from their names: in another attribute, element or member.
#pragma once

#include <optional>
#include <string_view>

#include "userspace/redact/detect/pairs/assignment.h"

namespace scopetrace {

// <name attribute="…">value</name>, from the name in the start tag on.
std::optional<Assignment> element_value(std::string_view text, TextRange name);
// name="x" value="v", {"name":"x","value":"v"}, key="x">v<, <key>x</key><string>v</string>: the
// value of the said name that ends at `at`. Also when the value stands before it on its line.
std::optional<Assignment> paired_value(std::string_view text, TextRange name, std::size_t at);
// The argument of --value, --body or -b behind a name that an option said (--name NAME), on its
// line.
std::optional<Assignment> option_value(std::string_view text, TextRange name, std::size_t at);
// s:8:"name";s:5:"value" of PHP, from behind the name's quotation mark on.
std::optional<Assignment> serialized_value(std::string_view text, TextRange name, std::size_t at);
// The value of the name in the pair behind the `value:` that ends at `at`, on the next line:
//   - value: v
//     name: x
// Sets `name`. Asks for more text by a name that touches the end.
std::optional<Assignment> value_before_name(std::string_view text, std::size_t at, TextRange& name);

}  // namespace scopetrace
