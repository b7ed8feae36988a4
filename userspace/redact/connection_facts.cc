// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/connection_facts.h"

namespace scopetrace {

ConnectionFacts::Facts* ConnectionFacts::find(std::uint64_t conn_id) {
  const auto found = by_connection_.find(conn_id);
  return found == by_connection_.end() ? nullptr : &found->second;
}

const ConnectionFacts::Facts* ConnectionFacts::find(std::uint64_t conn_id) const {
  const auto found = by_connection_.find(conn_id);
  return found == by_connection_.end() ? nullptr : &found->second;
}

ConnectionFacts::Facts& ConnectionFacts::touch(std::uint64_t conn_id) {
  if (Facts* known = find(conn_id)) return *known;
  if (order_.size() >= kMaxConnections) {
    by_connection_.erase(order_.front());
    order_.pop_front();
  }
  order_.push_back(conn_id);
  return by_connection_[conn_id];
}

void ConnectionFacts::note(const st_connection_event& event) {
  if (event.state != ST_CONNECTION_CLOSED) touch(event.conn_id).record = event;
}

void ConnectionFacts::note(const TlsHello& hello) {
  Facts& facts = touch(hello.conn_id);
  facts.tls = hello.facts;
  facts.handshake = hello.origin;
  facts.is_final = hello.is_final;
}

}  // namespace scopetrace
