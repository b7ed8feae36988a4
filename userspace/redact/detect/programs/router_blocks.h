// SPDX-License-Identifier: Apache-2.0
// Keys of servers in the configurations of routers, in lines of their own below the server's name.
#pragma once

#include <vector>

#include "userspace/redact/detect/pairs/named_values.h"
#include "userspace/redact/scan/finding.h"

namespace scopetrace {

// "radius server NAME" or "tacacs server NAME" stands at `at`: its key in the indented lines below.
void take_server_key(ScanText& scan, TextRange at, std::vector<Finding>& findings);

}  // namespace scopetrace
