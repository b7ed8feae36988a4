// SPDX-License-Identifier: Apache-2.0
// Which names the target asked for before it connected to an address.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "userspace/protocol/message.h"

namespace scopetrace {

// Names by address, from answers to the target's own questions. An answer counts as long as it may
// be used, at least kLeastKeptNs. Bounded: of more than kMaxNames of one address the oldest is
// forgotten, and the address is crowded as long as that name would count; of more than
// kMaxAddresses too, and then every address learned anew is crowded that long.
class KnownNames {
 public:
  static constexpr std::size_t kMaxAddresses = 2048;
  static constexpr std::size_t kMaxNames = 8;
  static constexpr std::size_t kMaxNameBytes = 253;  // a longer one is no host's: cut, it is none
  static constexpr std::uint64_t kLeastKeptNs = 300'000'000'000;  // programs use them longer
  static constexpr std::uint64_t kMostKeptNs = 86'400'000'000'000;

  // Learns the addresses of an answer, those of the question and of the names that it leads to.
  void learn(const DnsLookup& lookup);
  // The questions, lower case, that led to the peer of this connection. Several: it may be any.
  std::vector<std::string> names_of(const st_connection_event& connection) const;
  // Whether its peer has, or may have, a name that names_of() does not know any more.
  bool is_crowded(const st_connection_event& connection) const;

 private:
  struct Name {
    std::string text;
    std::uint64_t until_ns;
  };

  struct Address {
    std::vector<Name> names;  // oldest first
    std::uint64_t crowded_until_ns = 0;
  };

  Address& address_of(const std::string& text);
  void forget_oldest();
  static void make_room(Address& address, const std::string& name, std::uint64_t now_ns);

  std::unordered_map<std::string, Address> by_address_;
  std::deque<std::string> order_;         // of addresses, oldest first
  std::uint64_t forgotten_until_ns_ = 0;  // until then a forgotten address would count
};

}  // namespace scopetrace
