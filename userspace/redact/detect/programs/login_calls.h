// SPDX-License-Identifier: Apache-2.0
// Calls that take a user and a password as strings: auth("user", "password").
#pragma once

#include <string_view>
#include <vector>

#include "userspace/redact/detect/pairs/named_values.h"
#include "userspace/redact/scan/finding.h"

namespace scopetrace {

// How the calls begin, up to their opening bracket: what leads here.
std::vector<std::string_view> login_calls();

// Looks at the arguments of the call, number `index` of login_calls(), that begins at `at`.
void take_login_call(ScanText& scan, std::size_t index, TextRange at,
                     std::vector<Finding>& findings);

}  // namespace scopetrace
