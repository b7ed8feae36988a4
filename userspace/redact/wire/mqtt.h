// SPDX-License-Identifier: Apache-2.0
// MQTT 3.1, 3.1.1 and 5: docs.oasis-open.org/mqtt. Both sides.
#pragma once

#include "userspace/redact/wire/wire_table.h"

namespace scopetrace {

// The client: its first packet is CONNECT.
Match match_mqtt(std::string_view begin);
// The server: its first packet is CONNACK.
Match match_mqtt_server(std::string_view begin);
std::unique_ptr<WireProtocol> make_mqtt();

}  // namespace scopetrace
