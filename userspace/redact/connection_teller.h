// SPDX-License-Identifier: Apache-2.0
// Makes what is told of a connection.
#pragma once

#include "userspace/redact/connection_facts.h"
#include "userspace/redact/peers.h"
#include "userspace/redact/redacted_message.h"

namespace scopetrace {

class TextScanner;

// What is known of the connection of `event`. Unless `tells_all`, its names and handshake are told
// only when an exchange of it was: under request scope those of others are not.
RedactedConnection tell_connection(TextScanner& scanner, const st_connection_event& event,
                                   const Peers& peers, const ConnectionFacts& facts,
                                   bool tells_all);

}  // namespace scopetrace
