// SPDX-License-Identifier: Apache-2.0
// MySQL and MariaDB, client/server protocol 4.1: dev.mysql.com/doc/dev/mysql-server/latest (client/
// server protocol). The client's side.
#pragma once

#include "userspace/redact/wire/wire_table.h"

namespace scopetrace {

Match match_mysql(std::string_view begin);
std::unique_ptr<WireProtocol> make_mysql();

}  // namespace scopetrace
