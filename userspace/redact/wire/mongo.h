// SPDX-License-Identifier: Apache-2.0
// MongoDB: mongodb.com/docs/manual/reference/mongodb-wire-protocol. Both sides.
#pragma once

#include "userspace/redact/wire/wire_table.h"

namespace scopetrace {

Match match_mongo(std::string_view begin);
std::unique_ptr<WireProtocol> make_mongo();

}  // namespace scopetrace
