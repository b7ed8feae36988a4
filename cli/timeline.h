// SPDX-License-Identifier: Apache-2.0
// The lines of a bundle as a timeline for people.
#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/bundle/verify.h"

namespace scopetrace {

// Which lines to show; everything that is set must match.
struct TimelineFilter {
  std::string third_party;  // host name, or *.suffix
  std::string status;       // 429, 4xx, error, none
  std::uint64_t exchange = 0;

  bool is_set() const { return !third_party.empty() || !status.empty() || exchange != 0; }
};

// Takes the verified lines of one bundle in order and prints each as it comes, then a table a third
// party. Strings are escaped for the terminal.
class Timeline {
 public:
  Timeline(std::FILE* out, TimelineFilter filter, bool is_coloured)
      : out_(out), filter_(std::move(filter)), is_coloured_(is_coloured) {}

  // Who captured what under whose approval, and the verdict.
  void print_header(const VerifyReport& report) const;
  // One line of the bundle. `as_json`: matching lines are printed as they are.
  void add(std::string_view line, bool as_json);
  // What each third party did.
  void print_footer() const;

 private:
  using Json = nlohmann::json;
  struct PartyTotals {
    std::uint64_t exchanges = 0;
    std::uint64_t errors = 0;
    std::vector<std::uint64_t> waits_ns;
  };

  std::string party_of(const Json& line) const;
  bool matches(const Json& line, const std::string& party) const;
  void count(const Json& line, const std::string& party);
  void print(const Json& line, std::string_view raw) const;
  void print_exchange(const Json& line, std::string_view raw) const;
  void print_connection(const Json& line) const;
  void print_other(const Json& line, const std::string& type) const;
  std::string paint(const char* colour, const std::string& text) const;

  std::FILE* out_;
  TimelineFilter filter_;
  bool is_coloured_;
  std::map<std::string, std::string> party_of_connection_;
  std::map<std::string, PartyTotals> totals_;
};

}  // namespace scopetrace
