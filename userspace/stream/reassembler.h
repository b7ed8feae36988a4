// SPDX-License-Identifier: Apache-2.0
// Orders the chunks of TLS calls, and of calls on plain sockets, into streams and says where bytes
// are missing.
#pragma once

#include <cstdint>
#include <list>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "userspace/base/sink.h"
#include "userspace/stream/item.h"

namespace scopetrace {

// Bounds of the reassembler's memory and patience.
struct ReassemblerLimits {
  std::size_t max_objects = 8192;        // TLS objects followed at once
  std::size_t max_held_bytes = 4 << 20;  // of chunks that came early, over all streams
  std::size_t max_held_per_stream = 128 << 10;
  std::uint64_t hold_ns = 20'000'000;       // how long an early chunk waits for the missing one
  std::uint64_t linger_ns = 1'000'000'000;  // from connection closed to end of its streams
  std::uint64_t idle_ns = 900'000'000'000;  // an object without events is given up after this
  bool has_windows = false;  // request scope: what is outside a window was never copied
};

inline constexpr std::size_t kMaxHeldChunks =
    64;  // of one stream: tiny chunks cost more than bytes

// What the reassembler passed on and what it lost, since the start of the session.
struct ReassemblerCounters {
  std::uint64_t stream_bytes = 0;
  std::uint64_t gap_bytes = 0;
  std::uint64_t out_of_scope_bytes = 0;  // of streams with windows; no loss
  std::uint64_t gaps = 0;
  std::uint64_t duplicate_bytes = 0;   // delivered twice; the second copy was discarded
  std::uint64_t reordered_chunks = 0;  // came early and were put back in order
  std::uint64_t evicted_objects = 0;   // given up by age or number
};

// A pipeline stage: events in, stream items out.
//
// Each direction of a TLS object or plain connection is one stream. Its chunks leave in order of
// position, without overlap; where positions jump, a StreamGap says how many bytes are missing. A
// chunk that comes early is held for a moment, bounded in bytes and time. A chunk in order is
// passed on without a copy. State of an idle TLS object: about 200 bytes.
class Reassembler final : public Sink<Event> {
 public:
  explicit Reassembler(Sink<StreamItem>& next, ReassemblerLimits limits = {});

  Status push(Event event) override;
  // Releases what is held, ends every stream (kFinished), then finishes the next stage.
  Status finish() override;

  // Says that no event before `now_ns` (CLOCK_BOOTTIME) is still to come. To be called about once a
  // second when events are rare; events advance the time by themselves.
  Status advance(std::uint64_t now_ns);

  // What is missing of this connection from now on was left out on purpose, also of TLS objects
  // that are not known yet.
  void mute(std::uint64_t conn_id);

  const ReassemblerCounters& counters() const { return counters_; }
  std::size_t objects() const { return objects_.size(); }
  std::size_t held_bytes() const { return held_bytes_; }

 private:
  // A chunk that came before its turn.
  struct Held {
    std::uint64_t position;
    Origin origin;
    ByteVector data;
    bool begins_call;
  };
  struct Stream {
    std::uint64_t next = 0;  // position of the next byte to pass on
    std::size_t held_bytes = 0;
    std::vector<Held> held;  // sorted by position
  };
  // One TLS object or plain connection: two streams.
  struct Object {
    std::uint64_t tls_id = 0;
    std::uint64_t conn_id = 0;
    std::uint64_t last_ns = 0;
    std::uint64_t closed_ns = 0;              // when its connection was closed, 0 while it is open
    std::uint64_t carried_bytes[2] = {0, 0};  // by st_direction, as its connection said at its end
    std::uint32_t tgid = 0;
    st_window_kind window = ST_WINDOW_NONE;
    bool is_muted = false;
    bool is_plain = false;
    Stream streams[2];  // by st_direction
  };
  using Objects = std::list<Object>;  // least recently used first

  Status on_event(const TlsEvent& event);
  Status on_event(const st_tls_peer_event& event);
  Status on_event(const st_tls_close_event& event);
  Status on_event(const st_window_event& event);
  Status on_event(const st_connection_event& event);
  Status on_event(const st_process_event& event);
  Status on_event(const LogEvent& event) { return next_.push(event); }
  Status on_event(const CallEvent& event) { return next_.push(event); }
  Status on_event(const HandshakeEvent& event) { return next_.push(event); }
  Status on_event(const DnsEvent& event) { return next_.push(event); }

  void set_connection(Object& object, std::uint64_t conn_id) const;
  Result<Objects::iterator> touch(std::uint64_t tls_id, const st_event_header& header);
  Status age(Objects::iterator object, std::uint64_t now_ns);
  Status accept(Object& object, StreamChunk chunk);
  Status skip(Object& object, StreamGap gap);
  Status hold(Object& object, const StreamChunk& chunk);
  Status release_in_order(Object& object, st_direction direction);
  Status release_all(Object& object, st_direction direction, std::uint64_t until_ns);
  Status release_first(Object& object, st_direction direction);
  GapCause cause_of_jump(const Object& object, st_direction direction) const;
  Status emit_gap(Object& object, StreamGap gap);
  void note_plain(Object& object);
  void tie(std::uint64_t conn_id, std::uint64_t tls_id);
  Status fill_to_carried(Object& object, Origin origin);
  Status fill_to(Object& object, st_direction direction, std::uint64_t position, Origin origin);
  Status end(Objects::iterator object, EndCause cause, Origin origin);
  Status end_process(const st_process_event& event);

  Sink<StreamItem>& next_;
  ReassemblerLimits limits_;
  ReassemblerCounters counters_;
  Objects objects_;
  std::unordered_map<std::uint64_t, Objects::iterator> by_tls_id_;
  std::unordered_map<std::uint64_t, std::uint64_t> tls_of_connection_;  // conn_id to tls_id
  std::unordered_set<std::uint64_t> muted_;  // connections, until they are closed
  std::size_t held_bytes_ = 0;
  std::uint64_t advanced_ns_ = 0;
};

}  // namespace scopetrace
