// SPDX-License-Identifier: Apache-2.0
// PostgreSQL, protocol 3: postgresql.org/docs/current/protocol-message-formats.html. Both sides.
#pragma once

#include "userspace/redact/wire/wire_table.h"

namespace scopetrace {

// The client: StartupMessage, SSLRequest, or a message of a session that was under way.
Match match_postgres(std::string_view begin);
std::unique_ptr<WireProtocol> make_postgres();
// The server: its first message asks for authentication.
Match match_postgres_server(std::string_view begin);
std::unique_ptr<WireProtocol> make_postgres_server();

}  // namespace scopetrace
