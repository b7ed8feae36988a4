// SPDX-License-Identifier: Apache-2.0
#include "cli/grants.h"

#include <nlohmann/json.hpp>

#include "userspace/base/clock.h"

namespace scopetrace {
namespace {

// Columns in order, and the field of an `attach` or `detach` entry that fills each; the others are
// joined from other entries.
struct Column {
  const char* name;
  const char* field;
};
constexpr Column kColumns[] = {
    {"session", "session"},
    {"approval", "approval"},
    {"requester", "requester"},
    {"approvers", "approvers"},
    {"ticket", "ticket"},
    {"reason", "reason"},
    {"target", "target"},
    {"level", "level"},
    {"uid", "uid"},
    {"not_before", "not_before"},
    {"not_after", "not_after"},
    {"seconds_allowed", "seconds"},
    {"attached_at", nullptr},
    {"detached_at", nullptr},
    {"milliseconds_used", "milliseconds"},
    {"bundle_bytes", "bytes"},
    {"events", "events"},
    {"lines", "lines"},
    {"lost_events", "lost_events"},
    {"redactions_claimed", "redactions"},
    {"end", "end"},
    {"last_seal", nullptr},
    {"revoked_by", nullptr},
};

std::string quote_csv(const std::string& value) {
  std::string safe = value;
  if (!safe.empty() && std::string_view("=+-@\t\r").find(safe[0]) != std::string_view::npos) {
    safe.insert(safe.begin(), '\'');
  }
  if (safe.find_first_of(",\"\r\n") == std::string::npos) return safe;
  std::string quoted = "\"";
  for (const char c : safe) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

}  // namespace

GrantTable::Row* GrantTable::row_of(std::string_view session) {
  const auto at = by_session_.find(session);
  return at == by_session_.end() ? nullptr : &rows_[at->second];
}

void GrantTable::start(const LedgerRecord& entry) {
  const std::uint64_t time_s = entry.realtime_ns / kNanosecondsPerSecond;
  if (time_s < from_s_ || time_s > to_s_) return;
  const auto request = requests_.find(entry.value("approval"));
  Row row = request == requests_.end() ? Row() : request->second;
  for (const auto& [name, value] : entry.fields) row[name] = value;
  row["attached_at"] = entry.time;
  by_session_[std::string(entry.value("session"))] = rows_.size();
  rows_.push_back(std::move(row));
}

void GrantTable::add(const LedgerRecord& entry) {
  if (entry.event == "request") {
    Row& row = requests_[std::string(entry.value("approval"))];
    for (const auto& [name, value] : entry.fields) row[name] = value;
  } else if (entry.event == "attach") {
    start(entry);
  } else if (entry.event == "revoke") {
    revoked_[std::string(entry.value("approval"))] = entry.value("by");
  } else if (Row* row = row_of(entry.value("session"))) {
    if (entry.event == "seal-head") (*row)["last_seal"] = entry.value("head");
    if (entry.event != "detach") return;
    for (const auto& [name, value] : entry.fields) (*row)[name] = value;
    (*row)["detached_at"] = entry.time;
  }
}

std::string GrantTable::to_csv() const {
  std::string text;
  for (const Column& column : kColumns)
    text += (text.empty() ? "" : ",") + std::string(column.name);
  text += "\r\n";
  for (const Row& row : rows_) {
    std::string line;
    for (const Column& column : kColumns) {
      const std::string key = column.field == nullptr ? column.name : column.field;
      auto value = row.find(key);
      std::string cell = value == row.end() ? "" : value->second;
      const auto revoked = revoked_.find(row.find("approval")->second);
      if (key == "revoked_by" && revoked != revoked_.end()) cell = revoked->second;
      line += (&column == kColumns ? "" : ",") + quote_csv(cell);
    }
    text += line + "\r\n";
  }
  return text;
}

std::string GrantTable::to_json_lines() const {
  std::string text;
  for (const Row& row : rows_) {
    nlohmann::ordered_json json;
    for (const Column& column : kColumns) {
      const auto value = row.find(column.field == nullptr ? column.name : column.field);
      if (value != row.end()) json[column.name] = value->second;
    }
    const auto revoked = revoked_.find(row.find("approval")->second);
    if (revoked != revoked_.end()) json["revoked_by"] = revoked->second;
    text += json.dump() + "\n";
  }
  return text;
}

}  // namespace scopetrace
