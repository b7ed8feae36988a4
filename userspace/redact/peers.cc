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
  if (event.state != ST_CONNECTION_CLOSED && event.role == ST_ROLE_CONNECTED) {
    auto names = known_names_.names_of(event);
    Peer* connected = names.empty() ? nullptr : touch(event.conn_id);
    if (connected != nullptr)
      connected->names.set_dns(std::move(names), known_names_.is_crowded(event));
  }
  if (event.state != ST_CONNECTION_CLOSED || find(event.conn_id) == nullptr) return;
  closed_.push_back(event.conn_id);
  if (closed_.size() <= kMaxClosed) return;
  peers_.erase(closed_.front());
  closed_.pop_front();
}

void Peers::note(const TlsHello& hello) {
  Peer* peer = hello.is_server ? nullptr : touch(hello.conn_id);
  if (peer == nullptr) return;
  peer->names.set_hello(hello.facts);
  if (scope_.allows_any_host()) return;
  const bool is_foreign = peer->names.is_foreign_by_sni(scope_);
  if (!is_foreign && !peer->names.is_mixed()) return;
  count(*peer, is_foreign ? foreign_connections_ : mixed_connections_);
  if (!peer->names.is_proxy()) mute(hello.conn_id, *peer);
}

void Peers::count(Peer& peer, std::uint64_t& counter) {
  if (!peer.is_counted) ++counter;
  peer.is_counted = true;
}

void Peers::mute(std::uint64_t conn_id, Peer& peer) {
  if (peer.is_muted) return;
  peer.is_muted = true;
  foreign_.push_back(conn_id);
}

void Peers::note_proxy(const HttpExchange& exchange) {
  Peer* peer = exchange.inbound || !is_for_proxy(exchange) ? nullptr : touch(exchange.conn_id);
  if (peer != nullptr && !peer->names.is_proxy()) peer->names.set_proxy();
}

bool Peers::agrees(const HttpExchange& exchange) const {
  if (exchange.inbound || scope_.allows_any_host() || is_for_proxy(exchange)) return true;
  const Peer* peer = find(exchange.conn_id);
  const auto host = third_party_of(exchange);
  return peer == nullptr || !host || (!peer->is_mixed && peer->names.agrees(*host));
}

void Peers::note_mixed(const HttpExchange& exchange) {
  Peer* peer = touch(exchange.conn_id);
  if (peer == nullptr) return;
  count(*peer, mixed_connections_);
  if (is_http2(exchange)) return;
  peer->is_mixed = true;
  if (!peer->names.is_proxy()) mute(exchange.conn_id, *peer);
}

void Peers::note_kept(const HttpExchange& exchange, const std::string& told_host) {
  Peer* peer = touch(exchange.conn_id);
  if (peer == nullptr) return;
  peer->is_kept = true;
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
  // An answer alone names no host: SNI or DNS still do.
  if (!exchange.request && peer->names.standing(scope_) == Standing::kInScope) return;
  peer->is_off = is_off;
  note_foreign(exchange, *peer);
}

void Peers::note_foreign(const HttpExchange& exchange, Peer& peer) {
  if (scope_.allows_any_host()) return;
  const auto host = third_party_of(exchange);
  peer.is_foreign = !host || !scope_.allows_host(*host);
  const bool may_be_shared = is_http2(exchange) || !peer.host.empty() || is_for_proxy(exchange);
  if (host && peer.is_foreign && !may_be_shared) mute(exchange.conn_id, peer);
}

std::optional<Level> Peers::level_of(const HttpExchange& exchange) const {
  if (exchange.inbound) return caps_.of_everybody();
  const auto host = third_party_of(exchange);
  return host ? caps_.of_host(*host) : caps_.of_unknown();
}

std::optional<Level> Peers::level_of(std::uint64_t conn_id) const {
  if (is_closed(conn_id)) return std::nullopt;
  const Peer* peer = find(conn_id);
  if (peer == nullptr) return caps_.of_unknown();
  return peer->host.empty() ? peer->names.level(caps_) : caps_.of_host(peer->host);
}

bool Peers::is_off(std::uint64_t conn_id) const {
  const Peer* peer = find(conn_id);
  if (peer == nullptr) return false;
  if (peer->is_off || (!peer->host.empty() && !caps_.of_host(peer->host))) return true;
  return peer->host.empty() && !peer->names.name().empty() && !peer->names.level(caps_);
}

// Another third party's by SNI, or of names that contradict each other.
bool Peers::is_other(const Peer& peer) const {
  if (scope_.allows_any_host()) return false;
  return peer.is_mixed || peer.names.is_mixed() || peer.names.is_foreign_by_sni(scope_);
}

bool Peers::is_closed(std::uint64_t conn_id) const {
  const Peer* peer = find(conn_id);
  if (peer == nullptr) return conn_id != 0 && peers_.size() >= kMaxConnections;
  return is_off(conn_id) || peer->is_foreign || is_other(*peer) || (peer->is_accepted && !inbound_);
}

bool Peers::is_mixed(std::uint64_t conn_id) const {
  const Peer* peer = find(conn_id);
  return peer != nullptr && (peer->is_mixed || peer->names.is_mixed());
}

bool Peers::is_in_scope(std::uint64_t conn_id) const {
  const Peer* peer = find(conn_id);
  if (peer == nullptr) return false;
  if (!peer->host.empty()) return true;
  return !peer->is_accepted && peer->names.standing(scope_) == Standing::kInScope;
}

std::vector<std::uint64_t> Peers::take_foreign() { return std::exchange(foreign_, {}); }

}  // namespace scopetrace
