// SPDX-License-Identifier: Apache-2.0
// Input: the raw bytes of one ring buffer record. Property: decode() never reads outside them, and
// the payload it gives lies inside them and is as long as the record says.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "tests/support/event_builder.h"
#include "tests/support/fuzz_target.h"
#include "userspace/wire/decode.h"

std::vector<std::string> make_seeds() {
  using namespace scopetrace;
  return {
      TlsCallBuilder("payload").record(),
      TlsCallBuilder("").part(0, 9).fault(9).record(),
      TlsCallBuilder("").part(0, 9).flags(ST_TLS_LAST | ST_TLS_PLAIN | ST_TLS_UNREADABLE).record(),
      record_of(make_peer(1, 2)),
      record_of(make_close(1)),
      record_of(make_connection(1, ST_CONNECTION_OPENED)),
      record_of(make_process(ST_EVENT_EXIT, 1)),
      make_log_record("a line\n"),
      make_call_record("/a", "/bc"),
      make_handshake_record(1, ST_HANDSHAKE_SERVER, "an answer"),
      make_dns_record(ST_EGRESS, "a question")};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const scopetrace::Bytes record(reinterpret_cast<const std::byte*>(data), size);
  const auto event = scopetrace::decode(record);
  if (!event) return 0;
  scopetrace::count_accepted();
  if (const auto* call = std::get_if<scopetrace::CallEvent>(&*event)) {
    for (const scopetrace::Bytes text : call->texts) {
      if (!text.empty() && text.data() + text.size() > record.data() + size) std::abort();
    }
  }
  const auto check_kept = [&](scopetrace::Bytes content, std::size_t kept) {
    if (content.size() != kept || content.data() + kept > record.data() + size) std::abort();
  };
  if (const auto* log = std::get_if<scopetrace::LogEvent>(&*event))
    check_kept(log->content, log->record.kept_bytes);
  if (const auto* handshake = std::get_if<scopetrace::HandshakeEvent>(&*event))
    check_kept(handshake->messages, handshake->record.kept_bytes);
  if (const auto* dns = std::get_if<scopetrace::DnsEvent>(&*event))
    check_kept(dns->datagram, dns->record.kept_bytes);
  const auto* tls = std::get_if<scopetrace::TlsEvent>(&*event);
  if (tls == nullptr || tls->payload.empty()) return 0;
  const bool is_inside = tls->payload.data() >= record.data() &&
                         tls->payload.data() + tls->payload.size() <= record.data() + size;
  if (!is_inside || tls->payload.size() != tls->record.chunk_bytes) std::abort();
  return 0;
}
