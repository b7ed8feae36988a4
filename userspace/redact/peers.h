// SPDX-License-Identifier: Apache-2.0
// Whose the connections of the target are, and which of them nothing may be told of.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "userspace/redact/known_names.h"
#include "userspace/redact/level_caps.h"
#include "userspace/redact/scope_filter.h"
#include "userspace/redact/third_party.h"

namespace scopetrace {

// What exchanges and records told of each connection. An exchange of HTTP/1 says whose the
// connection is from then on: what comes behind it (a tunnel, WebSocket, a gap) is its host's, not
// an earlier one's. Exchanges of HTTP/2 are of several hosts at once: there one host in scope
// counts. Before an exchange, and of what is none, SNI and the answers of DNS say whose it is;
// where the names contradict each other it is nobody's. Bounded: of connections beyond
// kMaxConnections nothing but exchanges is told. What is known of a closed one stays for a while,
// since its last bytes are told later. One thread.
class Peers {
 public:
  static constexpr std::size_t kMaxConnections = 65536;
  static constexpr std::size_t kMaxClosed = 16384;  // of them

  struct Peer {
    std::string host;       // of the last exchange in scope; empty while unknown
    std::string told_host;  // the same, redacted
    ThirdParty names;       // by SNI and DNS
    st_peer_source tied_by = ST_PEER_NONE;
    bool is_off = false;       // a flag turned the last exchange's host off
    bool is_foreign = false;   // the last exchange's host is not in scope, or not known
    bool is_accepted = false;  // the target answers on it
    bool is_muted = false;     // named by take_foreign() before
    bool is_kept = false;      // an exchange of it was told
    bool is_mixed = false;     // an exchange's host contradicted SNI or DNS
    bool is_counted = false;   // among those that are foreign or mixed by their names
  };

  // Both are borrowed; `inbound`: what the target accepted may be told.
  Peers(const ScopeFilter& scope, const LevelCaps& caps, bool inbound)
      : scope_(scope), caps_(caps), inbound_(inbound) {}

  void note_tie(const st_tls_peer_event& event);
  void note(const st_connection_event& event);
  void note(const TlsHello& hello);
  void note(const DnsLookup& lookup) { known_names_.learn(lookup); }
  // Before anything is decided of an exchange: one for a proxy says that names so far were its.
  void note_proxy(const HttpExchange& exchange);
  // `told_host`: its host as it is told; empty when it has none.
  void note_kept(const HttpExchange& exchange, const std::string& told_host);
  // Its host contradicts SNI or DNS: nothing of the connection is told from now on, or, of HTTP/2,
  // nothing of this exchange.
  void note_mixed(const HttpExchange& exchange);
  // It is not told; `is_off`: because a flag turned its host off.
  void note_dropped(const HttpExchange& exchange, bool is_off);

  // Whether the host of an exchange is the one that SNI or DNS name. Of what the target answers, of
  // proxies and where every third party is approved nothing is compared.
  bool agrees(const HttpExchange& exchange) const;
  // The level of an exchange; nullopt: a flag turned it off.
  std::optional<Level> level_of(const HttpExchange& exchange) const;
  // The level of what is no exchange; nullopt: nothing may be told of this connection, or, while
  // its host is not known, of some host.
  std::optional<Level> level_of(std::uint64_t conn_id) const;
  // Known to be turned off.
  bool is_off(std::uint64_t conn_id) const;
  // Known to be turned off, another third party's, or the target's to answer without an approval
  // for that. Never of 0, which is no connection.
  bool is_closed(std::uint64_t conn_id) const;
  // Whether it is an approved third party's: by an exchange in scope, SNI or DNS.
  bool is_in_scope(std::uint64_t conn_id) const;
  // Whether its names contradict each other.
  bool is_mixed(std::uint64_t conn_id) const;

  // Nothing when nothing is known. Valid until the next note.
  const Peer* find(std::uint64_t conn_id) const;

  // Connections of which only requests to other third parties were seen, each once. Not a proxy's
  // and not those of HTTP/2, which may carry any.
  std::vector<std::uint64_t> take_foreign();

  std::uint64_t foreign_connections() const { return foreign_connections_; }  // by SNI
  std::uint64_t mixed_connections() const { return mixed_connections_; }

 private:
  void mute(std::uint64_t conn_id, Peer& peer);
  void count(Peer& peer, std::uint64_t& counter);
  bool is_other(const Peer& peer) const;
  Peer* touch(std::uint64_t conn_id);
  void note_foreign(const HttpExchange& exchange, Peer& peer);

  const ScopeFilter& scope_;
  const LevelCaps& caps_;
  bool inbound_;
  KnownNames known_names_;
  std::uint64_t foreign_connections_ = 0;
  std::uint64_t mixed_connections_ = 0;
  std::unordered_map<std::uint64_t, Peer> peers_;
  std::deque<std::uint64_t> closed_;    // oldest first
  std::vector<std::uint64_t> foreign_;  // not taken yet
};

}  // namespace scopetrace
