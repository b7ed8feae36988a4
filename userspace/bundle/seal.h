// SPDX-License-Identifier: Apache-2.0
// scopetrace-seal v1: signed after each data frame and at least every 5 s.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "userspace/base/crypto.h"
#include "userspace/base/result.h"
#include "userspace/bundle/frame.h"

namespace scopetrace {

// Where the sealed data frame lies. Absent in idle seals.
struct SealedFrame {
  std::uint64_t offset = 0;      // of its first byte in the bundle
  std::uint32_t compressed = 0;  // bytes as stored
  std::uint32_t raw = 0;         // bytes decompressed
  Digest digest{};               // SHA-256 of the bytes as stored
};

struct Seal {
  std::string session;
  std::uint64_t index = 0;  // of this seal, from 0, without gaps
  std::uint64_t first = 0;  // leaf index of the first sealed line
  std::uint64_t count = 0;  // sealed lines; 0 in idle seals
  std::optional<SealedFrame> frame;
  Digest previous{};  // SHA-256 of the previous seal's content; of the session's for index 0
  Digest root{};      // over all leaves so far
  std::uint64_t boottime_ns = 0;
  std::uint64_t realtime_ns = 0;
  LossCounters losses;
  std::string flags = "none";           // none | idle | own | last
  std::optional<std::string> next_key;  // absent in the last seal
};

// The body, ready to be signed by key `index` in namespace seal@scopetrace.
std::string format_seal(const Seal& seal);
// The inverse. kCorrupt for anything that format_seal would not have written.
Result<Seal> parse_seal(std::string_view body);

}  // namespace scopetrace
