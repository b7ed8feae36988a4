// SPDX-License-Identifier: Apache-2.0
// IP addresses in text form.
#pragma once

#include <string_view>

namespace scopetrace {

// An IPv4 address in dotted form, or an IPv6 address, that is routed publicly. A zone or a port is
// no part of it.
bool is_public_ipv4(std::string_view text);
bool is_public_ipv6(std::string_view text);
inline bool is_public_address(std::string_view text) {
  return is_public_ipv4(text) || is_public_ipv6(text);
}

}  // namespace scopetrace
