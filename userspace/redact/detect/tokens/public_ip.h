// SPDX-License-Identifier: Apache-2.0
// Internet addresses in any text, for profiles that switch the detector `public-ip` on.
#pragma once

#include <string_view>
#include <vector>

#include "userspace/redact/scan/finding.h"

namespace scopetrace {

// Appends each public address of IPv4 (dotted) and IPv6 (global unicast, RFC 4291 section 2.5.4)
// as class `ip-address`. Private, loopback and link-local addresses stay. Linear.
void find_public_ips(std::string_view text, std::vector<Finding>& findings);

}  // namespace scopetrace
