// SPDX-License-Identifier: Apache-2.0
// LDAP 3: RFC 4511, password modify RFC 3062. Both sides.
#pragma once

#include "userspace/redact/wire/wire_table.h"

namespace scopetrace {

Match match_ldap(std::string_view begin);
std::unique_ptr<WireProtocol> make_ldap();

}  // namespace scopetrace
