// SPDX-License-Identifier: Apache-2.0
// TLS that the kernel does (kTLS): a program may then write plaintext straight to its socket.
#pragma once

#include <cstdint>
#include <string_view>

namespace scopetrace {

inline constexpr std::size_t kMaxTlsStatBytes = 16 << 10;  // of /proc/PID/net/tls_stat

// How many directions of connections the kernel encrypts or decrypts now, in the whole network
// namespace that the text is of. Pure. Source: Documentation/networking/tls.rst, "Statistics".
std::uint64_t count_kernel_tls(std::string_view tls_stat);

}  // namespace scopetrace
