// SPDX-License-Identifier: Apache-2.0
// Inputs of fuzz targets that are fed in pieces: each a byte that says what it is, two bytes of
// length, big-endian, and that much.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "userspace/base/bytes.h"

namespace scopetrace::testing {

struct Piece {
  unsigned kind = 0;  // 0 to 255
  Bytes text;         // of what was read
};

inline std::string make_piece(int kind, std::string_view text) {
  return std::string{static_cast<char>(kind), static_cast<char>(text.size() >> 8),
                     static_cast<char>(text.size() & 0xff)} +
         std::string(text);
}

// The next piece, the last one as long as there is text; nothing where no head is left.
inline std::optional<Piece> take_piece(ByteReader& reader) {
  const auto head = reader.take(3);
  if (!head) return std::nullopt;
  const std::size_t size =
      std::to_integer<std::size_t>((*head)[1]) << 8 | std::to_integer<std::size_t>((*head)[2]);
  return Piece{std::to_integer<unsigned>((*head)[0]),
               *reader.take(std::min(size, reader.rest().size()))};
}

}  // namespace scopetrace::testing
