// SPDX-License-Identifier: Apache-2.0
// The ledger as a table for auditors: one row per capture, joined from the entries about it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "scopes/ledger_reader.h"

namespace scopetrace {

class GrantTable {
 public:
  // Keeps captures that began within these seconds since the epoch, both included.
  GrantTable(std::uint64_t from_s, std::uint64_t to_s) : from_s_(from_s), to_s_(to_s) {}

  // Takes the entries in their order.
  void add(const LedgerRecord& entry);

  // RFC 4180 with a header row. A value that a spreadsheet would take for a formula gets an
  // apostrophe in front.
  std::string to_csv() const;
  std::string to_json_lines() const;

 private:
  using Row = std::map<std::string, std::string, std::less<>>;

  void start(const LedgerRecord& entry);
  Row* row_of(std::string_view session);

  std::uint64_t from_s_;
  std::uint64_t to_s_;
  std::vector<Row> rows_;
  std::map<std::string, std::size_t, std::less<>> by_session_;
  std::map<std::string, Row, std::less<>> requests_;  // by approval: what is said before an attach
  std::map<std::string, std::string, std::less<>> revoked_;  // approval → by whom
};

}  // namespace scopetrace
