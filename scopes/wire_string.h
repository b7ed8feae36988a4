// SPDX-License-Identifier: Apache-2.0
// Writes the data types of RFC 4251 section 5. ByteReader reads them.
#pragma once

#include <array>
#include <string_view>

#include "userspace/base/bytes.h"

namespace scopetrace {

inline void put_be32(ByteVector& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::byte>(value >> shift));
}

// `string`: a 32-bit length and the bytes.
inline void put_string(ByteVector& out, Bytes bytes) {
  put_be32(out, static_cast<std::uint32_t>(bytes.size()));
  append(out, bytes);
}
inline void put_string(ByteVector& out, std::string_view text) { put_string(out, as_bytes(text)); }

// `mpint` of a non-negative big-endian number: no leading zero octets but one before a set top bit.
inline void put_mpint(ByteVector& out, Bytes number) {
  while (!number.empty() && number.front() == std::byte{0}) number = number.subspan(1);
  ByteVector canonical;
  if (!number.empty() && (number.front() & std::byte{0x80}) != std::byte{0}) {
    canonical.push_back(std::byte{0});
  }
  append(canonical, number);
  put_string(out, Bytes(canonical));
}

}  // namespace scopetrace
