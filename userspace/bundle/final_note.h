// SPDX-License-Identifier: Apache-2.0
// scopetrace-bundle v1: what the host signs at the end.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "userspace/base/crypto.h"
#include "userspace/base/result.h"
#include "userspace/bundle/frame.h"

namespace scopetrace {

// The end reason of a part that another one follows.
inline constexpr const char* kRotatedEnd = "rotated";

struct FinalNote {
  std::string session;
  std::uint32_t part = 1;
  std::uint64_t bytes = 0;  // before the final note's frame
  Digest digest{};          // SHA-256 of those bytes
  std::uint64_t seals = 0;
  std::uint64_t lines = 0;  // line 0 included: what `zstd -dc | wc -l` says
  Digest root{};            // over all lines but line 0
  LossCounters losses;
  std::map<std::string, std::uint64_t> claimed_redacted;  // per class, at most 128 classes
  std::string end;  // reason, one word: limit, interrupted, target-exited, revoked, …
  std::uint64_t end_seconds = 0;  // CLOCK_REALTIME
};

// The body, ready to be signed in namespace bundle@scopetrace.
std::string format_final_note(const FinalNote& note);
// The inverse. kCorrupt for anything that format_final_note would not have written.
Result<FinalNote> parse_final_note(std::string_view body);

}  // namespace scopetrace
