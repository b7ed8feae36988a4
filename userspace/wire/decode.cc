// SPDX-License-Identifier: Apache-2.0
#include "userspace/wire/decode.h"

#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <optional>

namespace scopetrace {
namespace {

constexpr std::uint8_t kWithoutPayload = ST_TLS_UNREADABLE | ST_TLS_IO_URING;
constexpr std::uint8_t kKnownTlsFlags =
    ST_TLS_LAST | ST_TLS_TRUNCATED | ST_TLS_FAULT | ST_TLS_PLAIN | kWithoutPayload;

tl::unexpected<Error> corrupt(const char* what) {
  return fail(ErrorCode::kCorrupt, std::string("ring record: ") + what);
}

// Copies the structure at the record's front; the ring gives no alignment promise to its users.
template <class Record>
std::optional<Record> copy_front(Bytes record) {
  return ByteReader(record).read<Record>();
}

// nullptr when the fields may be used, else what is wrong with them.
const char* problem(const st_tls_event& tls) {
  if (tls.direction > ST_INGRESS) return "unknown direction";
  if ((tls.flags & ~kKnownTlsFlags) != 0) return "unknown flags";
  if (tls.position > kMaxPosition) return "position out of range";
  if (tls.chunk_bytes > ST_CHUNK_BYTES) return "chunk too long";
  if ((tls.flags & kWithoutPayload) != 0 && tls.chunk_bytes != 0) return "payload of none";
  if (std::uint64_t{tls.offset_bytes} + tls.chunk_bytes > tls.call_bytes)
    return "chunk past its call";
  return nullptr;
}

const char* problem(const st_tls_peer_event& peer) {
  return peer.source > ST_PEER_GO_CONN ? "unknown peer source" : nullptr;
}

const char* problem(const st_tls_close_event&) { return nullptr; }

const char* problem(const st_window_event& window) {
  if (window.kind > ST_WINDOW_ROUTINE) return "unknown window";
  const bool is_in_range = window.position[0] <= kMaxPosition && window.position[1] <= kMaxPosition;
  return is_in_range ? nullptr : "position out of range";
}

const char* problem(const st_connection_event& connection) {
  if (connection.conn_id == 0) return "connection number 0";
  if (connection.family != AF_INET && connection.family != AF_INET6) return "unknown family";
  if (connection.state < ST_CONNECTION_OPENED || connection.state > ST_CONNECTION_CLOSED) {
    return "unknown connection state";
  }
  return connection.role > ST_ROLE_ACCEPTED ? "unknown role" : nullptr;
}

const char* problem(const st_process_event&) { return nullptr; }

const char* problem(const st_log_event& log) {
  if (log.sink < ST_LOG_STDOUT || log.sink > ST_LOG_FILE) return "unknown log sink";
  if ((log.flags & ~(ST_LOG_FAULT | ST_LOG_ENDS_LINE)) != 0) return "unknown flags";
  if (log.sequence == 0) return "sequence 0";
  if (log.kept_bytes > ST_LOG_BYTES_MAX || log.kept_bytes > log.call_bytes)
    return "more kept than written";
  return std::memchr(log.name, 0, sizeof(log.name)) == nullptr ? "name without end" : nullptr;
}

const char* problem(const st_handshake_event& handshake) {
  constexpr unsigned kKnownFlags = ST_HANDSHAKE_SERVER | ST_HANDSHAKE_LAST | ST_HANDSHAKE_CUT;
  if (handshake.conn_id == 0) return "connection number 0";
  if (handshake.direction > ST_INGRESS) return "unknown direction";
  if ((handshake.flags & ~kKnownFlags) != 0) return "unknown flags";
  return handshake.kept_bytes > ST_HANDSHAKE_CHUNK_BYTES ? "handshake too long" : nullptr;
}

const char* problem(const st_dns_event& dns) {
  if (dns.direction > ST_INGRESS) return "unknown direction";
  if (dns.family != AF_INET && dns.family != AF_INET6) return "unknown family";
  const bool is_long = dns.kept_bytes > ST_DNS_BYTES_MAX || dns.kept_bytes > dns.call_bytes;
  return is_long ? "more kept than moved" : nullptr;
}

template <class Record>
Result<Event> decode_plain(Bytes record) {
  const std::optional<Record> event = copy_front<Record>(record);
  if (!event) return corrupt("shorter than its kind");
  if (const char* what = problem(*event)) return corrupt(what);
  return Event(*event);
}

Result<Event> decode_tls(Bytes record) {
  const std::optional<st_tls_event> tls = copy_front<st_tls_event>(record);
  if (!tls) return corrupt("shorter than its kind");
  if (const char* what = problem(*tls)) return corrupt(what);
  if ((tls->flags & ST_TLS_FAULT) != 0) return Event(TlsEvent{*tls, Bytes()});

  const Bytes rest = record.subspan(sizeof(st_tls_event));
  if (tls->chunk_bytes > rest.size()) return corrupt("chunk past its record");
  return Event(TlsEvent{*tls, rest.first(tls->chunk_bytes)});
}

// A structure that `kept_bytes` of content follow.
template <class Made, class Record>
Result<Event> decode_kept(Bytes record) {
  const std::optional<Record> event = copy_front<Record>(record);
  if (!event) return corrupt("shorter than its kind");
  if (const char* what = problem(*event)) return corrupt(what);
  const Bytes rest = record.subspan(sizeof(Record));
  if (event->kept_bytes > rest.size()) return corrupt("content past its record");
  return Event(Made{*event, rest.first(event->kept_bytes)});
}

Result<Event> decode_call(Bytes record) {
  const std::optional<st_call_event> call = copy_front<st_call_event>(record);
  if (!call) return corrupt("shorter than its kind");
  Bytes rest = record.subspan(sizeof(st_call_event));
  CallEvent event{*call, {}};
  for (std::size_t i = 0; i < event.texts.size(); ++i) {
    const std::size_t size = call->text_bytes[i];
    if (size > ST_CALL_TEXT_MAX || size > rest.size()) return corrupt("text past its record");
    event.texts[i] = rest.first(size);
    rest = rest.subspan(std::min<std::size_t>(ST_CALL_TEXT_MAX, rest.size()));
  }
  return Event(event);
}

}  // namespace

Result<Event> decode(Bytes record) {
  const std::optional<st_event_header> header = copy_front<st_event_header>(record);
  if (!header) return corrupt("shorter than its header");
  if (header->size < sizeof(st_event_header)) return corrupt("size smaller than the header");
  if (header->size > record.size()) return corrupt("size larger than the record");

  const Bytes sized = record.first(header->size);
  switch (header->type) {
    case ST_EVENT_TLS:
      return decode_tls(sized);
    case ST_EVENT_TLS_PEER:
      return decode_plain<st_tls_peer_event>(sized);
    case ST_EVENT_TLS_CLOSE:
      return decode_plain<st_tls_close_event>(sized);
    case ST_EVENT_WINDOW:
      return decode_plain<st_window_event>(sized);
    case ST_EVENT_CONNECTION:
      return decode_plain<st_connection_event>(sized);
    case ST_EVENT_FORK:
    case ST_EVENT_EXEC:
    case ST_EVENT_EXIT:
      return decode_plain<st_process_event>(sized);
    case ST_EVENT_LOG:
      return decode_kept<LogEvent, st_log_event>(sized);
    case ST_EVENT_CALL:
      return decode_call(sized);
    case ST_EVENT_HANDSHAKE:
      return decode_kept<HandshakeEvent, st_handshake_event>(sized);
    case ST_EVENT_DNS:
      return decode_kept<DnsEvent, st_dns_event>(sized);
    default:
      return corrupt("unknown type");
  }
}

}  // namespace scopetrace
