// SPDX-License-Identifier: Apache-2.0
// Kafka requests: kafka.apache.org/protocol. SASL in requests (KIP-152) and in bare frames before
// it.
#pragma once

#include "userspace/redact/wire/wire_table.h"

namespace scopetrace {

Match match_kafka(std::string_view begin);
std::unique_ptr<WireProtocol> make_kafka();

}  // namespace scopetrace
