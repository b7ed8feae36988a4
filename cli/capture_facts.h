// SPDX-License-Identifier: Apache-2.0
// What one capture says of each third party, in a form that can be compared with another capture.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "cli/connection_parties.h"
#include "cli/latency_histogram.h"
#include "cli/line_view.h"

namespace scopetrace {

// Calls of one third party, or of one endpoint.
struct CallFacts {
  std::uint64_t calls = 0;
  std::uint64_t errors = 0;                         // as `show --status error` has it
  std::map<std::uint64_t, std::uint64_t> statuses;  // times; 0: no status came
  LatencyHistogram waits;  // from the last byte asked to the first answered

  double error_percent() const;  // 0 without calls
};

// {third party}, {third party, method, path template} or {third party, class, place}.
using FactKey = std::array<std::string, 3>;
using CallTable = std::map<FactKey, CallFacts>;
using SightingTable = std::map<FactKey, std::uint64_t>;  // how often

// Takes the lines of one bundle in order. Names are kept escaped for the terminal and short;
// memory is bounded: what would be one entry too many is counted as `(others)`.
class CaptureFacts {
 public:
  void add(std::string_view line);

  const CallTable& hosts() const { return hosts_; }
  const CallTable& endpoints() const { return endpoints_; }
  // Tags are not comparable between bundles, so class and place are all that is kept.
  const SightingTable& credentials() const { return credentials_; }
  const SightingTable& data_classes() const { return data_classes_; }
  const std::string& first_time() const { return first_time_; }  // of a line; empty without any
  const std::string& last_time() const { return last_time_; }

 private:
  void add_exchange(const LineJson& line, const std::string& party);
  void add_credentials(const LineJson& line, const std::string& party);
  void add_exchange_data(const LineJson& line, const std::string& party);
  void add_message_data(const LineJson& line, const std::string& party);
  void add_log_data(const LineJson& line);

  ConnectionParties parties_;
  CallTable hosts_;
  CallTable endpoints_;
  SightingTable credentials_;
  SightingTable data_classes_;
  std::string first_time_;
  std::string last_time_;
};

}  // namespace scopetrace
