// SPDX-License-Identifier: Apache-2.0
// What the check of a bundle found.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/base/crypto.h"
#include "userspace/bundle/frame.h"

namespace scopetrace {

// From good to bad; the worst that applies is the verdict.
enum class Verdict {
  kComplete,
  kCompleteWithLoss,  // whole; the counters say that events were lost
  kIncomplete,        // no final note: crash or truncation. The sealed prefix is good
  kRollback,          // a ledger knows a later head
  kUntrusted,         // good, but by a key or under an approval that is not accepted
  kTampered,          // a digest, chain, signature or counter is wrong
};
std::string_view verdict_name(Verdict verdict);
// 0, or 4 for losses with `is_strict`, 5 incomplete, 6 rollback, 7 tampered, 8 untrusted.
int verdict_exit(Verdict verdict, bool is_strict);

struct VerifyReport {
  Verdict verdict = Verdict::kComplete;
  std::vector<std::string> reasons;  // why it is not COMPLETE; never captured bytes
  std::vector<std::string> notes;    // what was not checked
  std::string anchored = "none";     // none | ledger | external
  std::string host;                  // as it claims; trusted unless UNTRUSTED
  std::string host_key;              // fingerprint
  std::string session;
  std::uint32_t part = 1;                // of a rotated capture; 1 also without rotation
  std::optional<Digest> previous;        // last frame of the part before, as the session text says
  std::optional<Digest> last_frame;      // of the seek table, when it is there and right
  std::uint64_t start_seconds = 0;       // as the session text says
  std::string approval;                  // its id; empty when it could not be read
  std::vector<std::string> recipients;   // that it names: keys that the bundle is encrypted to
  std::vector<std::string> approvers;    // people whose signatures counted
  std::uint64_t approvals_required = 0;  // as the host signed; 0 only in development
  std::string environment;
  std::uint64_t lines = 0;  // verified, line 0 included
  std::uint64_t seals = 0;
  std::uint64_t verified_bytes = 0;   // of the good prefix: what `recover` may keep. It ends behind
                                      // the start, a seal, the final note or the seek table
  std::uint64_t sealed_until_ns = 0;  // CLOCK_REALTIME of the last good seal
  LossCounters losses;                // of the last good seal or final note
  std::string end;                    // reason in the final note; empty without one
  bool has_seek_table = false;        // the right one, behind the final note
};

// One JSON object, LF at its end.
std::string format_report_json(const VerifyReport& report, bool is_strict);

}  // namespace scopetrace
