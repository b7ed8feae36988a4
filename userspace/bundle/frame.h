// SPDX-License-Identifier: Apache-2.0
// The unit that scopetrace-redact hands to scopetrace-capture: one compressed bundle frame.
#pragma once

#include <cstdint>
#include <vector>

#include "userspace/base/crypto.h"

namespace scopetrace {

// One zstd data frame (content size and checksum on) with the salted leaf hash of each of its
// lines.
struct DataFrame {
  ByteVector compressed;
  std::uint32_t raw_bytes = 0;  // decompressed size, at most kMaxFrameRaw
  std::vector<Digest> leaves;   // one a line, in order
};

inline constexpr std::size_t kFrameRawTarget = 1 << 20;         // a frame closes at 1 MiB raw …
inline constexpr std::uint64_t kFrameMaxAgeNs = 1'000'000'000;  // … or 1 s, whichever first
inline constexpr std::size_t kMaxFrameRaw = 2 << 20;   // hard limit: one line past the target
inline constexpr std::size_t kMaxLineBytes = 1 << 20;  // LF included

// Losses as seals and the final note state them, cumulative since the start of the session.
// `claimed_` values are the redactor's own counts; the others capture reads from kernel maps.
struct LossCounters {
  std::uint64_t lost_kernel_events = 0;
  std::uint64_t lost_kernel_bytes = 0;
  std::uint64_t suppressed = 0;
  std::uint64_t claimed_lost_user_events = 0;
  std::uint64_t claimed_truncated_bytes = 0;
  std::uint64_t claimed_redactions = 0;
};

}  // namespace scopetrace
