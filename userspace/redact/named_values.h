// SPDX-License-Identifier: Apache-2.0
// Name and value pairs in text whose format is not known: logs, configuration, code, argv.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "userspace/redact/finding.h"
#include "userspace/redact/names.h"

namespace scopetrace {

// The class of a value whose name is secret only when the value looks it: `code` and `state` of
// OAuth, `auth` of a registry's configuration, `response` of digest authentication.
std::optional<std::string_view> contextual_class(std::string_view name, std::string_view value);

// Appends the values of sensitive names. Understands `name=value`, `name: value`,
// `"name": "value"` (also with escaped quotes), `name => 'value'`, `('name', 'value')`,
// `<name …>value</name>`, `key="name" value="value"`, multipart part headers,
// `--name value` and the commands PASS, AUTH and curl -u. A value ends where its container ends it.
void find_named_values(std::string_view text, const NameTable& names,
                       std::vector<Finding>& findings);

}  // namespace scopetrace
