// SPDX-License-Identifier: Apache-2.0
// The two directions of one TLS object, read as HTTP/1 where they are.
#pragma once

#include "userspace/protocol/body.h"
#include "userspace/protocol/http1_parser.h"
#include "userspace/protocol/raw_stream.h"
#include "userspace/protocol/stitch.h"

namespace scopetrace {

// Parser state of one TLS object; below 1 KiB while no message is under way.
//
// A direction is looking for a start line at the start of a call (kSeek), inside or before a header
// block (kHead), in a body (kBody), or belongs to another protocol for good (kTunnel). Where the
// message boundary is lost (a gap, broken framing) both directions go back to kSeek and what was
// pending leaves as kCut: a response is never paired with a request it may not belong to.
class Http1Connection {
 public:
  explicit Http1Connection(std::uint64_t tls_id) : tls_id_(tls_id) {
    stitcher_.identify(tls_id, 0);
  }

  void set_connection(std::uint64_t conn_id);
  // What exchanges that begin from now on belong to.
  void set_window(st_window_kind kind) { stitcher_.set_window(kind); }
  // Returns what is left of the chunk when an answer upgraded the connection: upgrade() says to
  // what. Nothing may be pushed after that, but end().
  Bytes on_chunk(const StreamChunk& chunk, Outlet& outlet);
  void on_gap(const StreamGap& gap, Outlet& outlet);
  // Sends unknown data that has been silent since `before_ns`.
  void flush_idle(std::uint64_t before_ns, Outlet& outlet);
  // Sends unknown data that came so far.
  void flush(Outlet& outlet);
  // Sends all there is. Nothing may come after it.
  void end(EndCause cause, Outlet& outlet);

  // Whether no message was seen in either direction, and this one is not reading what may be one.
  bool is_undecided(st_direction direction) const;
  // Nothing unless on_chunk() came to an answer that upgrades.
  const Http1Upgrade* upgrade() const { return upgrade_.get(); }
  // The request that was upgraded to HTTP/2, which answers it; and where it went.
  std::optional<HttpExchange> take_upgraded() { return stitcher_.take_front(); }
  st_direction client() const { return role_ == Role::kRequestsIn ? ST_INGRESS : ST_EGRESS; }

  std::size_t memory_bytes() const;

 private:
  enum class Mode : std::uint8_t { kSeek, kHead, kBody, kTunnel };
  enum class Role : std::uint8_t { kUnknown, kRequestsOut, kRequestsIn };

  struct Side {
    Mode mode = Mode::kSeek;
    bool is_probing = false;  // kSeek: the head reader holds what may be a start line
    Origin first;             // of the message under way
    Origin last;
    Http1HeadReader head;
    Http1BodyReader reader;
    BodyCollector body;
    RawCollector raw;
  };

  Side& side(st_direction direction) { return sides_[direction]; }
  Side& other(st_direction direction) { return sides_[1 - direction]; }
  StreamKey key(st_direction direction) const { return {tls_id_, direction}; }
  bool carries_requests(st_direction direction) const;
  bool accepts(st_direction direction, Http1Kind kind) const;

  void read_head(st_direction direction, Bytes& data, Outlet& outlet);
  void read_body(st_direction direction, Bytes& data, Outlet& outlet);
  void on_head(st_direction direction, Http1Head head, Outlet& outlet);
  void on_oversize_head(st_direction direction, Outlet& outlet);
  void begin_body(st_direction direction, const Http1BodyPlan& plan, Outlet& outlet);
  void begin_tunnel(st_direction direction, Outlet& outlet);
  void begin_message(st_direction direction, Http1Head head);
  void end_message(st_direction direction, HttpBody body, Outlet& outlet);
  void reject_head(st_direction direction, Outlet& outlet);
  void lose(const StreamGap& gap, Outlet& outlet);
  void lose_boundary(Outlet& outlet);
  void abandon(st_direction direction, Outlet& outlet);
  void move_head_to_raw(st_direction direction, Outlet& outlet);

  Side sides_[2];  // by st_direction
  Stitcher stitcher_;
  std::uint64_t tls_id_;
  std::uint64_t conn_id_ = 0;
  std::unique_ptr<Http1Upgrade> upgrade_;
  Role role_ = Role::kUnknown;
};

}  // namespace scopetrace
