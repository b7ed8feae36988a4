// SPDX-License-Identifier: Apache-2.0
// The seek table at the end of a bundle: zstd seekable format 0.1.0, without checksums.
#pragma once

#include <cstdint>
#include <span>

#include "userspace/base/bytes.h"

namespace scopetrace {

// One earlier frame. `raw` is 0 for skippable frames.
struct SeekEntry {
  std::uint32_t compressed = 0;  // bytes as stored, frame header included
  std::uint32_t raw = 0;
};

// The whole skippable frame, header included. It is not signed: a verifier makes its own from the
// frames it saw and compares.
ByteVector make_seek_table(std::span<const SeekEntry> entries);

}  // namespace scopetrace
