// SPDX-License-Identifier: Apache-2.0
// FTP: RFC 959, RFC 2228, RFC 4217.
#pragma once

#include "userspace/redact/wire/wire_table.h"

namespace scopetrace {

Match match_ftp(std::string_view begin);
std::unique_ptr<WireProtocol> make_ftp();
// A greeting that is not SMTP's.
Match match_ftp_server(std::string_view begin);

}  // namespace scopetrace
