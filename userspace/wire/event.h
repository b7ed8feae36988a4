// SPDX-License-Identifier: Apache-2.0
// The decoded form of ring buffer records. Layouts and units: bpf/event.h.
#pragma once

#include <array>
#include <variant>

#include "bpf/event.h"
#include "userspace/base/bytes.h"

namespace scopetrace {

// Plaintext of one chunk of one TLS call, or of a call on a socket without TLS. `payload` is
// borrowed from the ring: valid only while the event is being pushed. Empty when record.flags has
// ST_TLS_FAULT or says that the call had none that could be read.
struct TlsEvent {
  st_tls_event record;
  Bytes payload;
};

// One write to a log. `content` is borrowed as a payload is.
struct LogEvent {
  st_log_event record;
  Bytes content;
};

// One system call. `texts` are borrowed as a payload is.
struct CallEvent {
  st_call_event record;
  std::array<Bytes, 2> texts;
};

// A piece of the unencrypted handshake of TLS. `messages` are borrowed as a payload is.
struct HandshakeEvent {
  st_handshake_event record;
  Bytes messages;
};

// A datagram in the form of DNS. `datagram` is borrowed as a payload is.
struct DnsEvent {
  st_dns_event record;
  Bytes datagram;
};

// One decoded record. The kinds without payload are the wire structs themselves.
using Event = std::variant<TlsEvent, st_tls_peer_event, st_tls_close_event, st_window_event,
                           st_connection_event, st_process_event, LogEvent, CallEvent,
                           HandshakeEvent, DnsEvent>;

}  // namespace scopetrace
