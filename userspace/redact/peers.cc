// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/peers.h"

#include <utility>

namespace scopetrace {
namespace {

bool is_http2(const HttpExchange& exchange) {
  return (exchange.request && exchange.request->version == "2") ||
         (exchange.response && exchange.response->version == "2");
}

}  // namespace

const Peers::Peer* Peers::find(std::uint64_t conn_id) const {
  const auto found = peers_.find(conn_id);
  return found == peers_.end() ? nullptr : &found->second;
}

Peers::Peer* Peers::touch(std::uint64_t conn_id) {
  if (conn_id == 0) return nullptr;
  const auto found = peers_.find(conn_id);
  if (found != peers_.end()) return &found->second;
  if (peers_.size() >= kMaxConnections) return nullptr;
  return &peers_[conn_id];
}

void Peers::note_tie(const st_tls_peer_event& event) {
  if (Peer* peer = touch(event.conn_id)) peer->tied_by = static_cast<st_peer_source>(event.source);
}

void Peers::note(const st_connection_event& event) {
  Peer* accepted = event.role == ST_ROLE_ACCEPTED ? touch(event.conn_id) : nullptr;
  if (accepted != nullptr) accepted->is_accepted = true;
  if (event.state != ST_CONNECTION_CLOSED || find(event.conn_id) == nullptr) return;
  closed_.push_back(event.conn_id);
  if (closed_.size() <= kMaxClosed) return;
  peers_.erase(closed_.front());
  closed_.pop_front();
}

void Peers::note_kept(const HttpExchange& exchange, const std::string& told_host) {
  Peer* peer = touch(exchange.conn_id);
  if (peer == nullptr) return;
  peer->is_accepted = peer->is_accepted || exchange.inbound;
  const auto host = exchange.inbound ? std::nullopt : third_party_of(exchange);
  if (!host) return;
  peer->host = *host;
  peer->told_host = told_host;
  peer->is_off = peer->is_foreign = false;
}

void Peers::note_dropped(const HttpExchange& exchange, bool is_off) {
  Peer* peer = touch(exchange.conn_id);
  if (peer == nullptr) return;
  peer->is_accepted = peer->is_accepted || exchange.inbound;
  if (exchange.inbound || (is_http2(exchange) && !peer->host.empty())) return;
  peer->is_off = is_off;
  note_foreign(exchange, *peer);
}

// An absolute target is a request to a proxy.
void Peers::note_foreign(const HttpExchange& exchange, Peer& peer) {
  if (scope_.allows_any_host()) return;
  const auto host = third_party_of(exchange);
  peer.is_foreign = !host || !scope_.allows_host(*host);
  const bool may_be_shared = is_http2(exchange) || !peer.host.empty() ||
                             (exchange.request && !exchange.request->target.starts_with('/'));
  if (!host || !peer.is_foreign || may_be_shared || peer.is_muted) return;
  peer.is_muted = true;
  foreign_.push_back(exchange.conn_id);
}

std::optional<Level> Peers::level_of(const HttpExchange& exchange) const {
  if (exchange.inbound) return caps_.of_everybody();
  const auto host = third_party_of(exchange);
  return host ? caps_.of_host(*host) : caps_.of_unknown();
}

std::optional<Level> Peers::level_of(std::uint64_t conn_id) const {
  if (is_closed(conn_id)) return std::nullopt;
  return has_host(conn_id) ? caps_.of_host(find(conn_id)->host) : caps_.of_unknown();
}

bool Peers::is_off(std::uint64_t conn_id) const {
  const Peer* peer = find(conn_id);
  return peer != nullptr && (peer->is_off || (!peer->host.empty() && !caps_.of_host(peer->host)));
}

bool Peers::is_closed(std::uint64_t conn_id) const {
  const Peer* peer = find(conn_id);
  if (peer == nullptr) return conn_id != 0 && peers_.size() >= kMaxConnections;
  return is_off(conn_id) || peer->is_foreign || (peer->is_accepted && !inbound_);
}

bool Peers::has_host(std::uint64_t conn_id) const {
  const Peer* peer = find(conn_id);
  return peer != nullptr && !peer->host.empty();
}

std::vector<std::uint64_t> Peers::take_foreign() { return std::exchange(foreign_, {}); }

}  // namespace scopetrace
