// SPDX-License-Identifier: Apache-2.0
// IMAP: RFC 9051, RFC 7888 (literals). The client's side.
#pragma once

#include "userspace/redact/wire/wire_table.h"

namespace scopetrace {

Match match_imap(std::string_view begin);
std::unique_ptr<WireProtocol> make_imap();
Match match_imap_server(std::string_view begin);

}  // namespace scopetrace
