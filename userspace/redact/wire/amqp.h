// SPDX-License-Identifier: Apache-2.0
// AMQP 0-9-1: rabbitmq.com/resources/specs/amqp0-9-1.pdf. The client's side.
#pragma once

#include "userspace/redact/wire/wire_table.h"

namespace scopetrace {

Match match_amqp(std::string_view begin);
std::unique_ptr<WireProtocol> make_amqp();

}  // namespace scopetrace
