// SPDX-License-Identifier: Apache-2.0
// Which TLS implementations are linked into a file: told by texts that are theirs alone, so that
// what has no symbols is at least named.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "userspace/base/bytes.h"

namespace scopetrace {

// A set of implementations, one bit each. Crosses from the sandboxed resolver to capture.
using LinkedStacks = std::uint32_t;
inline constexpr LinkedStacks kLinkedOpenssl = 1;
inline constexpr LinkedStacks kLinkedBoringssl = 2;
inline constexpr LinkedStacks kLinkedGnutls = 4;
inline constexpr LinkedStacks kLinkedMbedtls = 8;
inline constexpr LinkedStacks kLinkedWolfssl = 16;
inline constexpr LinkedStacks kLinkedRustls = 32;
inline constexpr LinkedStacks kLinkedS2n = 64;
inline constexpr LinkedStacks kLinkedGo = 128;
inline constexpr LinkedStacks kLinkedOther = 256;  // speaks TLS 1.3, and is none of these
inline constexpr LinkedStacks kLinkedAll = 511;

inline constexpr std::size_t kMaxScannedBytes = 256U << 20;  // of one part

// Looks through parts of a file; nothing in them is trusted. For the inside of the sandbox.
LinkedStacks find_linked_stacks(std::span<const Bytes> parts);

// "OpenSSL", "BoringSSL and rustls", …; empty for none. For people.
std::string name_linked_stacks(LinkedStacks stacks);

}  // namespace scopetrace
