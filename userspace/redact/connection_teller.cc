// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/connection_teller.h"

#include "userspace/redact/name_facts.h"
#include "userspace/redact/text/text_scanner.h"

namespace scopetrace {
namespace {

// An exchange's host, else the name by SNI or DNS.
void tell_third_party(TextScanner& scanner, const Peers::Peer& peer, RedactedConnection& out) {
  if (!peer.host.empty()) {
    out.third_party = peer.told_host;
    out.known_by = peer.names.sources_of(peer.host);
    out.known_by.emplace_back("host");
  } else if (!peer.names.name().empty()) {
    out.third_party = redact_host_name(scanner, peer.names.name());
    out.known_by = peer.names.sources_of(peer.names.name());
  }
}

}  // namespace

RedactedConnection tell_connection(TextScanner& scanner, const st_connection_event& event,
                                   const Peers& peers, const ConnectionFacts& facts,
                                   bool tells_all) {
  RedactedConnection out;
  out.record = event;
  const Peers::Peer* peer = peers.find(event.conn_id);
  const ConnectionFacts::Facts* seen = facts.find(event.conn_id);
  if (peer != nullptr) out.tied_by = peer->tied_by;
  if (!tells_all && (peer == nullptr || !peer->is_kept)) return out;
  if (peer != nullptr) tell_third_party(scanner, *peer, out);
  out.is_mixed = peers.is_mixed(event.conn_id);
  if (seen != nullptr && seen->tls) out.tls = redact_tls(scanner, *seen->tls);
  return out;
}

}  // namespace scopetrace
