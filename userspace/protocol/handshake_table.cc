// SPDX-License-Identifier: Apache-2.0
#include "userspace/protocol/handshake_table.h"

namespace scopetrace {

std::optional<TlsHello> HandshakeTable::push(const HandshakeEvent& event) {
  const st_handshake_event& record = event.record;
  const auto entry = touch(record);
  entry->hello.origin = {record.header.time_ns, record.header.tgid, record.header.tid};
  read(entry, event);
  if ((record.flags & ST_HANDSHAKE_LAST) != 0) return finish(entry);
  const bool is_known = entry->handshake.facts().name_state != ServerNameState::kUnknown;
  if (!is_known || entry->is_told) return std::nullopt;
  entry->is_told = true;
  TlsHello hello = entry->hello;
  hello.facts = entry->handshake.facts();
  return hello;
}

void HandshakeTable::read(Entries::iterator entry, const HandshakeEvent& event) {
  const bool is_server_flight = (event.record.flags & ST_HANDSHAKE_SERVER) != 0;
  TlsHandshake& handshake = entry->handshake;
  pending_bytes_ -= handshake.pending_bytes();
  if (!event.messages.empty()) handshake.push(is_server_flight, event.messages);
  if ((event.record.flags & ST_HANDSHAKE_CUT) != 0) handshake.cut(is_server_flight);
  pending_bytes_ += handshake.pending_bytes();
  while (pending_bytes_ > kMaxPendingBytes && entries_.begin() != entry) drop(entries_.begin());
}

void HandshakeTable::drop(Entries::iterator entry) {
  pending_bytes_ -= entry->handshake.pending_bytes();
  by_connection_.erase(entry->hello.conn_id);
  entries_.erase(entry);
}

std::optional<TlsHello> HandshakeTable::end(std::uint64_t conn_id) {
  const auto found = by_connection_.find(conn_id);
  if (found == by_connection_.end()) return std::nullopt;
  return finish(found->second);
}

TlsHello HandshakeTable::finish(Entries::iterator entry) {
  entry->handshake.finish();
  TlsHello hello = entry->hello;
  hello.is_final = true;
  hello.facts = entry->handshake.facts();
  drop(entry);
  return hello;
}

HandshakeTable::Entries::iterator HandshakeTable::touch(const st_handshake_event& record) {
  const auto found = by_connection_.find(record.conn_id);
  if (found != by_connection_.end()) return found->second;
  if (entries_.size() >= kMaxHandshakes) drop(entries_.begin());
  entries_.emplace_back();
  const auto entry = std::prev(entries_.end());
  entry->hello.conn_id = record.conn_id;
  const bool is_server_flight = (record.flags & ST_HANDSHAKE_SERVER) != 0;
  entry->hello.is_server = is_server_flight == (record.direction == ST_EGRESS);
  by_connection_.emplace(record.conn_id, entry);
  return entry;
}

}  // namespace scopetrace
