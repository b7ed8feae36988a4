// SPDX-License-Identifier: Apache-2.0
// The signed head of a ledger: `scopetrace-audit v1`. A copy of it anywhere else proves later that
// entries were taken back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "scopes/signed_text.h"
#include "scopes/ssh_key.h"
#include "userspace/base/clock.h"
#include "userspace/base/crypto.h"

namespace scopetrace {

extern const SignedTextSchema kAuditSchema;  // host, count, head, boot, boottime-ns, realtime

struct Checkpoint {
  std::string host;
  std::uint64_t count = 0;  // entries
  Digest head{};            // SHA-256 of the last line, LF included
  std::string boot;
  ClockPair clocks;
};

// The signed text.
Result<std::string> sign_checkpoint(const Checkpoint& checkpoint, const SigningKey& host_key);

// A checkpoint whose signature verifies, with the key that made it. Whether that key is the host's
// is the caller's question. kCorrupt, kTampered.
struct VerifiedCheckpoint {
  Checkpoint checkpoint;
  PublicKey key;
};
Result<VerifiedCheckpoint> parse_checkpoint(std::string_view text);

// The same as one line, for syslog and journald: everything that parse_checkpoint() needs.
std::string format_checkpoint_line(std::string_view signed_text);
// Finds such a line within a line of a log, whatever stands around it; the signed text again.
// nullopt when there is none.
std::optional<std::string> find_checkpoint_line(std::string_view log_line);

}  // namespace scopetrace
