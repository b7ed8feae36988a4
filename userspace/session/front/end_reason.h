// SPDX-License-Identifier: Apache-2.0
// Why a session ended. The texts are part of the bundle format (final note, summary) and ledger.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace scopetrace {

enum class EndReason : std::uint8_t {
  kLimit,    // deadline, or the bytes of the approval are used up
  kStopped,  // Ctrl-C, SIGTERM, or the front end went away
  kTargetExited,
  kTargetExec,  // the target runs another program now, which the approval does not name
  kRevoked,
  kRedactorStalled,  // no heartbeat for too long
  kRedactorDied,
  kRedactorMisbehaved,  // it sent what a redactor never sends
  kDiskFull,
  kWriteFailed,
  kNoNextPart,  // the front end had no output for it; the part before is whole
  kBreaker,     // over its own budget for the third time
  kProbesFailed
};

// `limit`, `target-exited`, …
std::string_view end_reason_text(EndReason reason);
std::optional<EndReason> parse_end_reason(std::string_view text);

// Whether a session that ended so did what it was asked to do.
bool is_orderly(EndReason reason);

}  // namespace scopetrace
