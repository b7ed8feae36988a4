// SPDX-License-Identifier: Apache-2.0
// SMTP and LMTP: RFC 5321, RFC 2033, RFC 4954.
#pragma once

#include "userspace/redact/wire/wire_table.h"

namespace scopetrace {

Match match_smtp(std::string_view begin);
std::unique_ptr<WireProtocol> make_smtp();
// The server's greeting, when it does not name FTP, whose greeting is the same.
Match match_smtp_server(std::string_view begin);

}  // namespace scopetrace
