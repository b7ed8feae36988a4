// SPDX-License-Identifier: Apache-2.0
// What other formats say of an `http` line in their own words. Lines are hostile: a missing or
// mistyped member reads as empty.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "userspace/export/export_format.h"

namespace scopetrace {

// `https://api.stripe.com/v1/charges`, an URI of RFC 3986 whatever the bytes: what it does not
// allow is percent-encoded. A host that did not leave is `withheld.invalid` (RFC 2606).
std::string url_of(const Json& line);
std::string_view scheme_of(const Json& line);  // http or https
// `HTTP/1.1`, `HTTP/2`.
std::string protocol_of(const Json& message);
// From the first byte sent to the last received, as far as they were seen.
std::uint64_t duration_of(const Json& line);
// The value of the first field of this name, in lower case; empty without one.
std::string header_of(const Json& message, std::string_view name);
// CLOCK_REALTIME in nanoseconds; 0 for a line without a time.
std::uint64_t time_of(const Json& line);
// Whether the exchange failed: an outcome, a status from 400 on, or a status of gRPC.
bool has_failed(const Json& line);

// Where connections go to, learned from their lines; a bounded number of them.
class PeerTable {
 public:
  struct Peer {
    std::string address;
    std::uint64_t port = 0;
    std::string third_party;
  };
  // Takes any line; looks at those of connections.
  void learn(const Json& line);
  // Of the line's connection; null where nothing is known.
  const Peer* find(const Json& line) const;

 private:
  std::map<std::string, Peer> peers_;  // by `conn`, of open connections
};

}  // namespace scopetrace
