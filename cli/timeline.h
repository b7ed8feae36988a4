// SPDX-License-Identifier: Apache-2.0
// The lines of a bundle as a timeline for people.
#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>

#include "cli/connection_parties.h"
#include "cli/line_view.h"
#include "cli/party_totals.h"
#include "userspace/bundle/verify.h"

namespace scopetrace {

// Which lines to show; everything that is set must match.
struct TimelineFilter {
  std::string third_party;  // host name, or *.suffix
  std::string status;       // 429, 4xx, error, none
  std::uint64_t exchange = 0;
  // `2026-09-21T14:13:20` or `14:13`, UTC. As precise as they are written: the whole of a last
  // minute counts.
  std::string from = {};
  std::string to = {};

  bool is_set() const {
    return !third_party.empty() || !status.empty() || exchange != 0 || !from.empty() || !to.empty();
  }
};

// How lines look.
struct TimelineStyle {
  bool is_coloured = false;
  bool is_for_terminal = false;  // lines as JSON are escaped for it
  bool has_connections = false;  // every opening and closing; else only what carried no exchange
};

// Takes the verified lines of one bundle in order and prints each as it comes: one row an exchange,
// process, gap and end. Openings and closings of connections that carried exchanges are left out;
// stream data of one direction of a connection becomes one row. Strings are escaped for the
// terminal.
class Timeline {
 public:
  Timeline(std::FILE* out, TimelineFilter filter, TimelineStyle style)
      : out_(out), filter_(std::move(filter)), style_(style) {}

  // Who captured what under whose approval, and the verdict.
  void print_header(const VerifyReport& report) const;
  // One line of the bundle. `as_json`: matching lines are printed as they are.
  void add(std::string_view line, bool as_json);
  // What is still open, and what each third party did.
  void print_footer();

  const TotalsTable& totals() const { return totals_; }

 private:
  struct Connection {
    std::string party;
    std::string peer;  // [address]:port
    std::string opened_at;
    std::uint64_t exchanges = 0;
    bool is_matched = false;  // by the filter
  };
  // Rows of stream data that were put together.
  struct DataRun {
    std::string key;  // empty: none
    std::string clock;
    std::string text;
    std::uint64_t pieces = 0;
    std::uint64_t bytes = 0;
  };

  bool matches(const LineJson& line, const std::string& party) const;
  void track(const LineJson& line, const std::string& type, const std::string& party);
  void print(const LineJson& line, const std::string& type, std::string_view raw);
  void print_session(const LineJson& line);
  void print_exchange(const LineJson& line, std::string_view raw);
  void print_connection(const LineJson& line);
  void print_data(const LineJson& line);
  void print_gap(const LineJson& line);
  void print_process(const LineJson& line);
  void print_log(const LineJson& line);
  void print_log_total(const LineJson& line);
  void print_call(const LineJson& line);
  void print_dns(const LineJson& line);
  void print_summary(const LineJson& line);
  void flush_data();
  void print_row(const std::string& clock, const std::string& text);
  std::string paint(const char* colour, const std::string& text) const;

  std::FILE* out_;
  TimelineFilter filter_;
  TimelineStyle style_;
  std::map<std::string, Connection> connections_;  // open ones, by id
  ConnectionParties parties_;
  std::string party_;  // of the line that is being added
  DataRun data_;
  TotalsTable totals_;
};

}  // namespace scopetrace
