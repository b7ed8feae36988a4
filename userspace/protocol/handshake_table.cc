// SPDX-License-Identifier: Apache-2.0
#include "userspace/protocol/handshake_table.h"

#include <utility>

namespace scopetrace {

std::optional<TlsHello> HandshakeTable::push(const HandshakeEvent& event) {
  const st_handshake_event& record = event.record;
  const bool is_server_flight = (record.flags & ST_HANDSHAKE_SERVER) != 0;
  const auto entry = touch(record);
  entry->hello.origin = {record.header.time_ns, record.header.tgid, record.header.tid};
  if (!event.messages.empty()) entry->handshake.push(is_server_flight, event.messages);
  if ((record.flags & ST_HANDSHAKE_CUT) != 0) entry->handshake.cut(is_server_flight);
  if ((record.flags & ST_HANDSHAKE_LAST) != 0) return finish(entry);
  const bool is_known = entry->handshake.facts().name_state != ServerNameState::kUnknown;
  if (!is_known || entry->is_told) return std::nullopt;
  entry->is_told = true;
  TlsHello hello = entry->hello;
  hello.facts = entry->handshake.facts();
  return hello;
}

std::optional<TlsHello> HandshakeTable::end(std::uint64_t conn_id) {
  const auto found = by_connection_.find(conn_id);
  if (found == by_connection_.end()) return std::nullopt;
  return finish(found->second);
}

TlsHello HandshakeTable::finish(Entries::iterator entry) {
  entry->handshake.finish();
  TlsHello hello = std::move(entry->hello);
  hello.is_final = true;
  hello.facts = entry->handshake.facts();
  by_connection_.erase(hello.conn_id);
  entries_.erase(entry);
  return hello;
}

HandshakeTable::Entries::iterator HandshakeTable::touch(const st_handshake_event& record) {
  const auto found = by_connection_.find(record.conn_id);
  if (found != by_connection_.end()) return found->second;
  if (entries_.size() >= kMaxHandshakes) {
    by_connection_.erase(entries_.front().hello.conn_id);
    entries_.pop_front();
  }
  entries_.emplace_back();
  const auto entry = std::prev(entries_.end());
  entry->hello.conn_id = record.conn_id;
  const bool is_server_flight = (record.flags & ST_HANDSHAKE_SERVER) != 0;
  entry->hello.is_server = is_server_flight == (record.direction == ST_EGRESS);
  by_connection_.emplace(record.conn_id, entry);
  return entry;
}

}  // namespace scopetrace
