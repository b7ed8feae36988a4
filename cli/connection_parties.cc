// SPDX-License-Identifier: Apache-2.0
#include "cli/connection_parties.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxConnections = 65536;

}  // namespace

std::string ConnectionParties::party_of(const LineJson& line) {
  std::string party = text_of(line, "third_party");
  if (party.empty()) party = text_of(member(line, "request"), "host");
  const std::string id = text_of(line, "conn");
  if (id.empty()) return party;
  const auto known = parties_.find(id);
  if (party.empty() && known != parties_.end()) party = known->second;
  if (text_of(line, "state") == "closed") {
    parties_.erase(id);
  } else if (!party.empty() && (known != parties_.end() || parties_.size() < kMaxConnections)) {
    parties_[id] = party;
  }
  return party;
}

}  // namespace scopetrace
