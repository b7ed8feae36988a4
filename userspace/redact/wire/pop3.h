// SPDX-License-Identifier: Apache-2.0
// POP3: RFC 1939, RFC 5034.
#pragma once

#include "userspace/redact/wire/wire_table.h"

namespace scopetrace {

Match match_pop3(std::string_view begin);
std::unique_ptr<WireProtocol> make_pop3();
Match match_pop3_server(std::string_view begin);

}  // namespace scopetrace
