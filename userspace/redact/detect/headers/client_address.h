// SPDX-License-Identifier: Apache-2.0
// Addresses of clients behind the names that proxies give them: X-Forwarded-For, Forwarded,
// X-Real-IP, client_ip. Private, loopback and peer addresses stay.
#pragma once

#include <string_view>
#include <vector>

#include "userspace/redact/detect/pairs/named_values.h"
#include "userspace/redact/scan/finding.h"

namespace scopetrace {

// The words that lead here, to be searched for in any case.
std::vector<std::string_view> client_address_words();

// Takes the public addresses of the list behind the word at `at`.
void take_client_addresses(ScanText& scan, TextRange at, std::vector<Finding>& findings);

}  // namespace scopetrace
