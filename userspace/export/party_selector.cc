// SPDX-License-Identifier: Apache-2.0
#include "userspace/export/party_selector.h"

#include "scopes/policy.h"
#include "userspace/export/json_members.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxConnections = 100'000;

}  // namespace

bool PartySelector::is_of_connection(const Json& line) {
  return connections_.contains(text_at(line, {"conn"}));
}

// A connection whose name comes or goes with a later line is judged by that line.
bool PartySelector::takes_connection(const Json& line) {
  const std::string conn = text_at(line, {"conn"});
  const bool is_theirs = matches_host(pattern_, text_at(line, {"third_party"})) &&
                         member_at(line, {"names_disagree"}).is_null();
  if (!is_theirs || text_at(line, {"state"}) == "closed") {
    connections_.erase(conn);
  } else if (connections_.size() < kMaxConnections) {
    connections_.insert(conn);
  }
  return is_theirs;
}

bool PartySelector::takes(const Json& line) {
  if (pattern_.empty()) return true;
  const std::string type = text_at(line, {"type"});
  if (type == "session" || type == "summary") return true;
  if (type == "http")
    return matches_host(pattern_, host_without_port(text_at(line, {"request", "host"})));
  if (type == "connection") return takes_connection(line);
  if (type == "dns") return matches_host(pattern_, text_at(line, {"question"}));
  return (type == "message" || type == "gap") && is_of_connection(line);
}

}  // namespace scopetrace
