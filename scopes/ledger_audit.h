// SPDX-License-Identifier: Apache-2.0
// Audits a ledger as a stranger would: its chain, its checkpoint, and whatever evidence of earlier
// states is at hand. Who can write the ledger can also shorten it together with its checkpoint;
// only evidence from elsewhere proves that.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scopes/checkpoint.h"
#include "scopes/ledger.h"
#include "userspace/base/result.h"

namespace scopetrace {

enum class LedgerVerdict : std::uint8_t {
  kGood,
  kRollback,  // evidence knows entries that are gone
  kTampered,  // the chain is broken, or says something else than the evidence
  kUntrusted  // whole, but its checkpoint is by a key that is not the host's
};
std::string_view ledger_verdict_name(LedgerVerdict verdict);

// Heads that the ledger had at some time, each from a checkpoint whose signature verified.
struct LedgerEvidence {
  struct Head {
    std::uint64_t count = 0;
    Digest head{};
    std::string source;            // for the reader: file and line
    std::optional<PublicKey> key;  // that signed it; none for a copy of the entries
  };
  std::vector<Head> heads;

  // From signed checkpoints, or from lines of a log that hold some; whatever else is in `text`,
  // also what is not rightly signed, is passed over.
  void add_log(std::string_view text, const std::string& source);
  // From another copy of the entries, whose last head counts when its chain is whole.
  Status add_copy(int entries_fd, const std::string& source);
};

struct LedgerReport {
  LedgerVerdict verdict = LedgerVerdict::kGood;
  std::vector<std::string> reasons;  // of anything but good
  LedgerHead head;
  std::uint64_t compared = 0;  // pieces of evidence; 0: rollback was not checked
  std::uint64_t ignored = 0;   // pieces by keys that are none of this host's
};

// Reads all of it; never an error: what cannot be read is tampered with. `host_key` is the key of
// today; checkpoints of evidence count when they are by it or by one that led to it.
LedgerReport audit_ledger(int entries_fd, std::string_view checkpoint, const PublicKey& host_key,
                          const LedgerEvidence& evidence);

}  // namespace scopetrace
