// SPDX-License-Identifier: Apache-2.0
// Which lines are of one third party.
#pragma once

#include <set>
#include <string>

#include "userspace/bundle/json_line.h"

namespace scopetrace {

// Takes lines in the order of a bundle. Session and summary are everybody's; an exchange is of its
// host, a connection and a question of their name, stream data and gaps of their connection. What
// cannot be told is nobody's.
class PartySelector {
 public:
  // A host name or `*.suffix`; empty takes every line.
  explicit PartySelector(std::string pattern) : pattern_(std::move(pattern)) {}

  bool takes(const Json& line);

 private:
  bool is_of_connection(const Json& line);
  bool takes_connection(const Json& line);

  std::string pattern_;
  std::set<std::string> connections_;  // of the party; a bounded number of them
};

}  // namespace scopetrace
