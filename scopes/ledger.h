// SPDX-License-Identifier: Apache-2.0
// The ledger: an append-only, hash-chained record of what was captured and by whose approval.
//
// A folder with `entries.jsonl`, one JSON object a line, each with the SHA-256 of the line before;
// and `checkpoint`, signed text `scopetrace-audit v1` over count and head, replaced after each
// append. No entry, no capture: when append() fails, the caller refuses.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scopes/checkpoint.h"
#include "scopes/ssh_key.h"
#include "userspace/base/crypto.h"

namespace scopetrace {

// What happened: `attach`, `detach`, `refuse`, `request`, `seal-head`, … and named values.
struct LedgerEntry {
  std::string event;
  std::vector<std::pair<std::string, std::string>>
      fields;  // keys [a-z0-9_]+, printable ASCII values
};

struct LedgerHead {
  std::uint64_t count = 0;  // entries
  Digest head{};            // SHA-256 of the last line, LF included; zero when empty
};

// The writer. Several processes may append: a file lock orders them.
class Ledger {
 public:
  // Opens or creates the ledger (folder 0700). `host_key` signs checkpoints and must outlive this.
  static Result<Ledger> open(std::string folder, std::string host, const SigningKey& host_key);

  // Opens a ledger whose checkpoint is by the host's former key, and signs it with the new one.
  static Result<Ledger> take_over(const std::string& folder, const SigningKey& host_key,
                                  const PublicKey& former);

  // Adds one entry with both clocks and the boot id, fsyncs it, signs and replaces the checkpoint,
  // and copies the head to syslog. On an error nothing was added. kTampered when the file does not
  // end as the checkpoint says.
  Result<LedgerHead> append(const LedgerEntry& entry);
  // The head now, to be named by a session.
  Result<LedgerHead> head() const;

 private:
  Ledger(std::string folder, std::string host, const SigningKey& host_key)
      : folder_(std::move(folder)), host_(std::move(host)), host_key_(&host_key) {}
  Result<std::string> write_checkpoint(const LedgerHead& after, const std::string& boot_id,
                                       const ClockPair& now) const;

  std::string folder_;
  std::string host_;
  const SigningKey* host_key_;
};

// Reads a whole ledger and checks its chain and its checkpoint by this key. kTampered names the
// first line that was changed, removed or added; kCorrupt one that is no entry.
Result<LedgerHead> verify_ledger(const std::string& folder, const PublicKey& host_key);

}  // namespace scopetrace
