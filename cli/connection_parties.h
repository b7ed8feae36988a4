// SPDX-License-Identifier: Apache-2.0
// Whose each line of a bundle is: the third party by the line itself, else by its connection.
#pragma once

#include <map>
#include <string>

#include "cli/line_view.h"

namespace scopetrace {

// Takes the lines of one bundle in order. Remembers open connections only, at most 65,536 of them.
class ConnectionParties {
 public:
  // The third party, escaped; empty when nothing names it. A connection that is closed by this line
  // is forgotten after it.
  std::string party_of(const LineJson& line);

 private:
  std::map<std::string, std::string> parties_;  // open connections, by id
};

}  // namespace scopetrace
