// SPDX-License-Identifier: Apache-2.0
// Builds ring records and events with sensible defaults, so that a test states only what matters.
#pragma once

#include <sys/socket.h>

#include <cstring>
#include <string>
#include <string_view>

#include "userspace/wire/event.h"

namespace scopetrace {

// One TLS call of one chunk. Chain the setters; `record()` gives the bytes as the ring would,
// `event()` the decoded form, whose payload lives as long as the builder.
class TlsCallBuilder {
 public:
  explicit TlsCallBuilder(std::string_view payload) : payload_(payload) {
    tls_.header = {1'000'000, 100, 101, ST_EVENT_TLS, 0, 0};
    tls_.tls_id = 7;
    tls_.call_bytes = static_cast<__u32>(payload.size());
    tls_.chunk_bytes = tls_.call_bytes;
    tls_.flags = ST_TLS_LAST;
  }

  TlsCallBuilder& at(std::uint64_t position) { return set(tls_.position, position); }
  TlsCallBuilder& object(std::uint64_t tls_id) { return set(tls_.tls_id, tls_id); }
  TlsCallBuilder& connection(std::uint64_t conn_id) { return set(tls_.conn_id, conn_id); }
  TlsCallBuilder& direction(st_direction direction) { return set(tls_.direction, direction); }
  TlsCallBuilder& time(std::uint64_t time_ns) { return set(tls_.header.time_ns, time_ns); }
  TlsCallBuilder& process(std::uint32_t tgid) { return set(tls_.header.tgid, tgid); }
  TlsCallBuilder& flags(unsigned flags) { return set(tls_.flags, flags); }
  // This chunk is the part from `offset_bytes` of a call of `call_bytes`.
  TlsCallBuilder& part(std::uint32_t offset_bytes, std::uint32_t call_bytes) {
    set(tls_.offset_bytes, offset_bytes);
    return set(tls_.call_bytes, call_bytes);
  }
  // This chunk could not be read: `chunk_bytes` are lost.
  TlsCallBuilder& fault(std::uint32_t chunk_bytes) {
    payload_.clear();
    set(tls_.chunk_bytes, chunk_bytes);
    return flags(tls_.flags | ST_TLS_FAULT);
  }

  st_tls_event& raw() { return tls_; }  // for fields without a setter and for wrong values
  TlsEvent event() const { return {tls_, as_bytes(payload_)}; }
  std::string record() const;

 private:
  template <class Field, class Value>
  TlsCallBuilder& set(Field& field, Value value) {
    field = static_cast<Field>(value);
    return *this;
  }

  st_tls_event tls_ = {};
  std::string payload_;
};

// The bytes of a wire structure, its header's size set to `size_bytes` (all of them by default).
template <class Record>
std::string record_of(Record record, std::uint32_t size_bytes = sizeof(Record)) {
  record.header.size = size_bytes;
  return {reinterpret_cast<const char*>(&record), sizeof record};
}

inline std::string TlsCallBuilder::record() const {
  const std::size_t size_bytes = sizeof(tls_) + payload_.size();
  return record_of(tls_, static_cast<std::uint32_t>(size_bytes)) + payload_;
}

inline st_tls_peer_event make_peer(std::uint64_t tls_id, std::uint64_t conn_id) {
  st_tls_peer_event event = {};
  event.header = {1'000'000, 100, 101, ST_EVENT_TLS_PEER, 0, sizeof event};
  event.tls_id = tls_id;
  event.conn_id = conn_id;
  event.source = ST_PEER_NESTED_SOCKET;
  return event;
}

inline st_tls_close_event make_close(std::uint64_t tls_id, std::uint64_t egress_bytes = 0,
                                     std::uint64_t ingress_bytes = 0) {
  st_tls_close_event event = {};
  event.header = {2'000'000, 100, 101, ST_EVENT_TLS_CLOSE, 0, sizeof event};
  event.tls_id = tls_id;
  event.egress_bytes = egress_bytes;
  event.ingress_bytes = ingress_bytes;
  return event;
}

inline st_window_event make_window(std::uint64_t tls_id, st_window_kind kind,
                                   std::uint64_t egress_position,
                                   std::uint64_t ingress_position = 0) {
  st_window_event event = {};
  event.header = {1'000'000, 100, 101, ST_EVENT_WINDOW, 0, sizeof event};
  event.tls_id = tls_id;
  event.position[ST_EGRESS] = egress_position;
  event.position[ST_INGRESS] = ingress_position;
  event.kind = kind;
  return event;
}

inline st_connection_event make_connection(std::uint64_t conn_id, st_connection_state state,
                                           std::uint64_t time_ns = 1'000'000) {
  st_connection_event event = {};
  event.header = {time_ns, 100, 101, ST_EVENT_CONNECTION, 0, sizeof event};
  event.conn_id = conn_id;
  event.family = AF_INET;
  event.state = static_cast<__u8>(state);
  return event;
}

// One write of a whole text to standard output.
inline st_log_event make_log(std::string_view text) {
  st_log_event event = {};
  event.header = {1'000'000, 100, 101, ST_EVENT_LOG, 0, 0};
  event.sequence = 1;
  event.call_bytes = event.kept_bytes = static_cast<__u32>(text.size());
  event.fd = 1;
  event.sink = ST_LOG_STDOUT;
  return event;
}
inline std::string make_log_record(std::string_view text) {
  const std::size_t size_bytes = sizeof(st_log_event) + text.size();
  return record_of(make_log(text), static_cast<std::uint32_t>(size_bytes)) + std::string(text);
}

// One call with two texts in their rooms.
inline std::string make_call_record(std::string_view first, std::string_view second) {
  st_call_event event = {};
  event.header = {1'000'000, 100, 101, ST_EVENT_CALL, 0, 0};
  event.number = 82;
  event.text_bytes[0] = static_cast<__u16>(first.size());
  event.text_bytes[1] = static_cast<__u16>(second.size());
  std::string texts(2 * ST_CALL_TEXT_MAX, '\0');
  texts.replace(0, first.size(), first);
  texts.replace(ST_CALL_TEXT_MAX, second.size(), second);
  const std::size_t size_bytes = sizeof(event) + texts.size();
  return record_of(event, static_cast<std::uint32_t>(size_bytes)) + texts;
}

// A piece of a handshake on connection `conn_id`; `flags` are those of st_handshake_flag.
inline std::string make_handshake_record(std::uint64_t conn_id, unsigned flags,
                                         std::string_view messages) {
  st_handshake_event event = {};
  event.header = {1'000'000, 100, 101, ST_EVENT_HANDSHAKE, 0, 0};
  event.conn_id = conn_id;
  event.kept_bytes = static_cast<__u32>(messages.size());
  event.direction = (flags & ST_HANDSHAKE_SERVER) != 0 ? ST_INGRESS : ST_EGRESS;
  event.flags = static_cast<__u8>(flags);
  const std::size_t size_bytes = sizeof(event) + messages.size();
  return record_of(event, static_cast<std::uint32_t>(size_bytes)) + std::string(messages);
}

// A datagram to or from the name server 10.0.0.53.
inline st_dns_event make_dns(st_direction direction, std::string_view datagram) {
  st_dns_event event = {};
  event.header = {1'000'000, 100, 101, ST_EVENT_DNS, 0, 0};
  event.server_address[0] = 10;
  event.server_address[3] = 53;
  event.server_port = 53;
  event.local_port = 40000;
  event.family = AF_INET;
  event.call_bytes = event.kept_bytes = static_cast<__u16>(datagram.size());
  event.direction = static_cast<__u8>(direction);
  return event;
}
inline std::string make_dns_record(st_direction direction, std::string_view datagram) {
  const std::size_t size_bytes = sizeof(st_dns_event) + datagram.size();
  return record_of(make_dns(direction, datagram), static_cast<std::uint32_t>(size_bytes)) +
         std::string(datagram);
}

inline st_process_event make_process(st_event_type type, std::uint32_t tgid) {
  st_process_event event = {};
  event.header = {3'000'000, tgid, tgid, static_cast<__u16>(type), 0, sizeof event};
  return event;
}

}  // namespace scopetrace
