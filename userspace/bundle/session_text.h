// SPDX-License-Identifier: Apache-2.0
// scopetrace-session v1: what the host signs before the first event.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "userspace/base/crypto.h"
#include "userspace/base/result.h"

namespace scopetrace {

struct SessionText {
  std::string session;             // UUIDv7, as in line 0
  std::uint32_t part = 1;          // counts from 1 when a capture is rotated
  std::optional<Digest> previous;  // of the previous part's last frame
  std::string host;
  std::uint64_t start_seconds = 0;       // CLOCK_REALTIME; approvals are judged at this time
  std::string environment;               // of the policy: production, development, …
  std::uint32_t approvals_required = 1;  // what the policy asked for; 0 only in development
  Digest first_frame{};                  // SHA-256 of the first data frame as stored
  Digest first_line{};                   // SHA-256 of line 0, LF included
  Digest approval{};                     // SHA-256 of the approval frame's content
  Digest policy{};
  Digest rules{};                // the redaction rule set
  Digest leaf_salt{};            // SHA-256 of the 32 bytes
  std::optional<Digest> ledger;  // head of the host's audit ledger
  std::string seal_key;          // public key of seal 0: `ssh-ed25519 AAAA…`
};

// The body, ready to be signed in namespace session@scopetrace.
std::string format_session_text(const SessionText& text);
// The inverse. kCorrupt for anything that format_session_text would not have written.
Result<SessionText> parse_session_text(std::string_view body);

}  // namespace scopetrace
