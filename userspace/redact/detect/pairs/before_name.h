// SPDX-License-Identifier: Apache-2.0
// What the words before a name, on its line, say of a value behind it without a sign.
#pragma once

#include <string_view>

namespace scopetrace {

// env NAME value, set -gx NAME value, proxy_set_header NAME value: words that say it is a setting.
bool declares(std::string_view before);
// npm config set NAME value, aws configure set NAME value, git config --global NAME value
bool configures(std::string_view before);
// kv put path/NAME value, SET app:NAME value, user-secrets set Section:NAME value, set-env app NAME
// value
bool stores(std::string_view before);
// machine HOST login USER password value
bool is_of_netrc(std::string_view before);

}  // namespace scopetrace
