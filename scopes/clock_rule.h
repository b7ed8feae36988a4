// SPDX-License-Identifier: Apache-2.0
// Which time approvals are judged by: the wall clock, held against the ledger.
//
// Within one boot, time is what the first entry of this boot showed plus what CLOCK_BOOTTIME has
// counted since, whatever was done to the wall clock meanwhile. A clock that an approver has
// accepted (`audit accept-clock`) is the new start.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "scopes/ledger.h"
#include "scopes/policy.h"
#include "scopes/signed_text.h"
#include "scopes/trust.h"
#include "userspace/base/clock.h"

namespace scopetrace {

inline constexpr std::uint64_t kMaxClockShiftNs = 60 * kNanosecondsPerSecond;

// This host, this boot and its clocks, read together.
struct ClockFacts {
  std::string host;
  std::string boot;
  ClockPair now;
};

// The time to judge by, nanoseconds since the epoch: within the bounds the later of the two, so
// that nothing is valid for longer than it says. kRefused when the wall clock is more than
// kMaxClockShiftNs behind or ahead of what the ledger says, with the remedy. In the first entry of
// a boot nothing bounds a clock that is ahead; one behind the last boot's entries is refused.
Result<std::uint64_t> judge_clock(const std::string& ledger_folder, const ClockFacts& facts);

// `scopetrace-clock v1`: somebody who may sign clock@scopetrace states that the wall clock of this
// boot is right. Bound to boot and to both clocks, so that it accepts one shift and no other.
extern const SignedTextSchema kClockSchema;
struct ClockAcceptance {
  std::string host;
  std::string boot;
  ClockPair clocks;  // as they were when it was signed
  std::string by;
  std::string reason;
  std::string nonce;
};
Result<std::string> format_clock_acceptance(const ClockAcceptance& acceptance);

// Verifies such a text against trust and these clocks. The answer is the ledger's entry, which puts
// it in force once it is appended. kRefused when it is of another boot, does not fit the clocks,
// was used before, or its signer may not accept clocks.
Result<LedgerEntry> check_clock_acceptance(std::string_view text, const std::string& ledger_folder,
                                           const Trust& trust, const ClockFacts& facts);

}  // namespace scopetrace
