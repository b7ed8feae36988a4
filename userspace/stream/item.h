// SPDX-License-Identifier: Apache-2.0
// What the reassembler makes of events: ordered bytes, gaps and ends of streams.
#pragma once

#include <cstdint>
#include <variant>

#include "userspace/wire/event.h"

namespace scopetrace {

// When and by whom.
struct Origin {
  std::uint64_t time_ns = 0;  // CLOCK_BOOTTIME
  std::uint32_t tgid = 0;
  std::uint32_t tid = 0;
};

// One direction of one TLS object, or of a connection without TLS: their numbers are of one kind.
struct StreamKey {
  std::uint64_t tls_id = 0;
  st_direction direction = ST_EGRESS;
  bool operator==(const StreamKey&) const = default;
};

// The next bytes of a stream. `data` is borrowed: valid only while the item is being pushed.
struct StreamChunk {
  StreamKey key;
  std::uint64_t conn_id = 0;   // 0 while unknown
  std::uint64_t position = 0;  // bytes since the first call seen
  Origin origin;
  Bytes data;
  bool begins_call = false;  // data starts where a call of the target started
  bool is_plain = false;     // the bytes were on the socket as they are: no TLS
};

// Why bytes of a stream are missing.
enum class GapCause {
  kDropped,     // the kernel side could not deliver a record (ring, budget)
  kTruncated,   // one call moved more than ST_CALL_BYTES_MAX
  kFault,       // the target's page was not present
  kEvicted,     // the reassembler itself gave the stream up
  kUnreadable,  // moved without the target's memory (sendfile, splice), or lent to the kernel
  kIoUring,     // moved by io_uring
  kOutOfScope,  // never copied: outside every request window. No loss
};

struct StreamGap {
  StreamKey key;
  std::uint64_t conn_id = 0;
  std::uint64_t position = 0;  // of the first missing byte
  std::uint64_t missing_bytes = 0;
  GapCause cause = GapCause::kDropped;
  Origin origin;
  bool is_plain = false;
};

// Why the streams of a TLS object or plain connection are over.
enum class EndCause {
  kClosed,    // SSL_free, or its connection was closed
  kExited,    // the process exited or called exec
  kEvicted,   // given up by age or for memory; it may go on in the target
  kFinished,  // the session ended
};

// Both directions are over.
struct StreamEnd {
  std::uint64_t tls_id = 0;
  std::uint64_t conn_id = 0;
  EndCause cause = EndCause::kClosed;
  Origin origin;
  bool is_plain = false;
};

// What follows of both streams belongs to requests of this kind; gaps say what was left out before.
struct StreamWindow {
  std::uint64_t tls_id = 0;
  st_window_kind kind = ST_WINDOW_NONE;
};

// Nothing happened up to this time: lets later stages age their state without a clock.
struct TimePassed {
  std::uint64_t now_ns = 0;  // CLOCK_BOOTTIME
};

// Connection, peer and process records, writes to logs, system calls, handshakes and datagrams pass
// through in order.
using StreamItem = std::variant<StreamChunk, StreamGap, StreamEnd, StreamWindow, TimePassed,
                                st_tls_peer_event, st_connection_event, st_process_event, LogEvent,
                                CallEvent, HandshakeEvent, DnsEvent>;

}  // namespace scopetrace
