// SPDX-License-Identifier: Apache-2.0
// Redis: RESP2 and RESP3 (redis.io/docs/latest/develop/reference/protocol-spec), inline commands.
// Both sides: an array whose first element is a command is told as one.
#pragma once

#include "userspace/redact/wire/wire_table.h"

namespace scopetrace {

Match match_redis(std::string_view begin);
std::unique_ptr<WireProtocol> make_redis();

}  // namespace scopetrace
