// SPDX-License-Identifier: Apache-2.0
// What a ledger says about the seals of bundles: proof that a bundle was longer than it is now.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "userspace/base/crypto.h"
#include "userspace/base/result.h"

namespace scopetrace {

// The `seal-head` entries of a ledger whose chain was checked.
struct LedgerSeals {
  // By session and part: number of seals so far → digest of the content of the last of them.
  using Part = std::pair<std::string, std::uint32_t>;
  std::map<Part, std::map<std::uint64_t, Digest>> heads;
  std::set<Digest> lines;  // digests of all lines: heads that a session text may name
  std::string folder;  // where a checkpoint by the host key lies; empty: only entries were given
};

// From the text of `entries.jsonl`. kTampered when a line does not follow the one before it or two
// entries give one seal different digests, kCorrupt when a line is no entry.
Result<LedgerSeals> parse_ledger_seals(std::string_view entries);
// From a ledger folder, or from an `entries.jsonl` that was copied out of one.
Result<LedgerSeals> read_ledger_seals(const std::string& path);

}  // namespace scopetrace
