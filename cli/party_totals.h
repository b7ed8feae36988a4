// SPDX-License-Identifier: Apache-2.0
// What each third party did over a whole bundle: the table below the timeline.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "cli/line_view.h"

namespace scopetrace {

// Of one third party.
struct PartyTotals {
  std::uint64_t exchanges = 0;
  std::array<std::uint64_t, 10> by_class{};  // status / 100; 0: no status came
  std::uint64_t rate_limited = 0;            // status 429, counted in by_class too
  std::uint64_t grpc_failed = 0;             // whatever the status; not counted in by_class
  std::uint64_t incomplete = 0;              // outcome is not `complete`
  std::vector<std::uint64_t> waits_ns;       // from the last byte asked to the first answered
  std::uint64_t sent_bytes = 0;
  std::uint64_t received_bytes = 0;
  std::uint64_t retry_after = 0;                     // answers that carried the header
  std::string last_retry_after;                      // its last value, escaped
  std::map<std::string, std::uint64_t> credentials;  // `bearer in header:authorization`: times
  std::set<std::string> data_classes;
};

// The value at `percent` (nearest rank); 0 of nothing.
std::uint64_t percentile(std::vector<std::uint64_t> values, unsigned percent);

// Adds up `http` lines by third party. Names and values are kept escaped; how many different ones
// is bounded.
class TotalsTable {
 public:
  void add(const LineJson& line, const std::string& party);
  // The table, then credentials and data classes; nothing without exchanges.
  void print(std::FILE* out) const;
  const std::map<std::string, PartyTotals>& parties() const { return parties_; }

 private:
  std::map<std::string, PartyTotals> parties_;
};

}  // namespace scopetrace
