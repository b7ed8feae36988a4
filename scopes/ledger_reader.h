// SPDX-License-Identifier: Apache-2.0
// Reads a ledger's entries, one line at a time: a ledger of years takes no more memory than one
// day.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "userspace/base/crypto.h"
#include "userspace/base/result.h"

namespace scopetrace {

inline constexpr std::size_t kMaxLedgerLine = 64 << 10;  // bytes of one entry, LF included

// One entry with the digests that link it. Its values are claims until the chain was checked.
struct LedgerRecord {
  std::uint64_t n = 0;  // counts from 0
  Digest previous{};    // of the line before; zero for the first
  std::string event;
  std::string time;  // as the clock showed it
  std::uint64_t realtime_ns = 0;
  std::string boot;
  std::uint64_t boottime_ns = 0;
  std::vector<std::pair<std::string, std::string>> fields;
  Digest digest{};  // of this line, LF included

  // The value of a field; empty when there is none.
  std::string_view value(std::string_view key) const;
};

// One line, LF included. kCorrupt when it is no entry.
Result<LedgerRecord> parse_ledger_line(std::string_view line);

using VisitRecord = std::function<Status(const LedgerRecord&)>;

// Every entry in order, from the start of the file; an error of `visit` ends it. kCorrupt names the
// line that is no entry, kTampered a torn one.
Status read_ledger(int fd, const VisitRecord& visit);

// Only entries whose line holds `needle`, which is found without parsing the others. A ledger that
// does not exist has none.
Status find_in_ledger(const std::string& folder, std::string_view needle, const VisitRecord& visit);

// How a value stands in a line, as a needle: `"event":"attach"`.
std::string ledger_needle(std::string_view key, std::string_view value);

}  // namespace scopetrace
