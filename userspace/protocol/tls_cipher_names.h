// SPDX-License-Identifier: Apache-2.0
// Names of cipher suites.
#pragma once

#include <cstdint>
#include <string>

namespace scopetrace {

// TLS_AES_128_GCM_SHA256 for 0x1301, by the IANA registry of TLS Cipher Suites; 0x1306 where the
// table, all of Debian 12's OpenSSL, has none. The library itself would need a context of its own
// in the sandbox; a test compares each row with it.
std::string tls_cipher_name(std::uint16_t id);

}  // namespace scopetrace
