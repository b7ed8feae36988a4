// SPDX-License-Identifier: Apache-2.0
// What is told of connections besides their third party, until it may be told.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>

#include "userspace/protocol/message.h"

namespace scopetrace {

// Bounded: of more than kMaxConnections the facts of the oldest are forgotten; its line then has
// none.
class ConnectionFacts {
 public:
  static constexpr std::size_t kMaxConnections = 4096;

  struct Facts {
    std::optional<st_connection_event> record;  // as it was opened or first seen
    std::optional<TlsFacts> tls;
    Origin handshake;       // of its last piece
    bool is_final = false;  // nothing more of the handshake comes
    bool is_told = false;   // its line was made
  };

  void note(const st_connection_event& event);
  void note(const TlsHello& hello);
  // nullptr when nothing is known. Valid until the next note.
  Facts* find(std::uint64_t conn_id);
  const Facts* find(std::uint64_t conn_id) const;

 private:
  Facts& touch(std::uint64_t conn_id);

  std::unordered_map<std::uint64_t, Facts> by_connection_;
  std::deque<std::uint64_t> order_;  // oldest first
};

}  // namespace scopetrace
