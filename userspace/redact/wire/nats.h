// SPDX-License-Identifier: Apache-2.0
// NATS: docs.nats.io/reference/reference-protocols/nats-protocol. Both sides.
#pragma once

#include "userspace/redact/wire/wire_table.h"

namespace scopetrace {

Match match_nats(std::string_view begin);
std::unique_ptr<WireProtocol> make_nats();

}  // namespace scopetrace
