// SPDX-License-Identifier: Apache-2.0
// The handshakes that are under way, by connection.
#pragma once

#include <list>
#include <optional>
#include <unordered_map>

#include "userspace/protocol/message.h"
#include "userspace/protocol/tls_handshake.h"

namespace scopetrace {

// At most kMaxHandshakes, and kMaxPendingBytes of them: of one given up for a newer one, what was
// told stays all there is.
class HandshakeTable {
 public:
  static constexpr std::size_t kMaxHandshakes = 4096;
  static constexpr std::size_t kMaxPendingBytes = 2 << 20;

  // Takes a piece; what the handshake says by now when that is to be told.
  std::optional<TlsHello> push(const HandshakeEvent& event);
  // The connection is over: what its handshake said, unless that was told.
  std::optional<TlsHello> end(std::uint64_t conn_id);

 private:
  struct Entry {
    TlsHandshake handshake;
    TlsHello hello;  // without facts
    bool is_told = false;
  };
  using Entries = std::list<Entry>;  // oldest first

  Entries::iterator touch(const st_handshake_event& record);
  void read(Entries::iterator entry, const HandshakeEvent& event);
  void drop(Entries::iterator entry);
  TlsHello finish(Entries::iterator entry);

  Entries entries_;
  std::unordered_map<std::uint64_t, Entries::iterator> by_connection_;
  std::size_t pending_bytes_ = 0;
};

}  // namespace scopetrace
