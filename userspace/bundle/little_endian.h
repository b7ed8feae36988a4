// SPDX-License-Identifier: Apache-2.0
// Little-endian integers, as zstd frames hold them.
#pragma once

#include <cstdint>

#include "userspace/base/bytes.h"

namespace scopetrace {

inline void append_le32(ByteVector& out, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<std::byte>(value >> shift));
}

// The first four bytes. REQUIRES: bytes.size() >= 4.
inline std::uint32_t read_le32(Bytes bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value |= std::to_integer<std::uint32_t>(bytes[i]) << (8 * i);
  return value;
}

}  // namespace scopetrace
