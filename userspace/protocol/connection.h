// SPDX-License-Identifier: Apache-2.0
// The two directions of one TLS object or plain connection, read as HTTP/1 where they are.
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
class Connection {
 public:
  explicit Connection(std::uint64_t tls_id) : tls_id_(tls_id) { stitcher_.identify(tls_id, 0); }

  void set_connection(std::uint64_t conn_id);
  // What exchanges that begin from now on belong to.
  void set_window(st_window_kind kind) { stitcher_.set_window(kind); }
  // Its bytes were on the socket as they are.
  void set_plain();
  void on_chunk(const StreamChunk& chunk, Outlet& outlet);
  void on_gap(const StreamGap& gap, Outlet& outlet);
  // Sends unknown data that has been silent since `before_ns`.
  void flush_idle(std::uint64_t before_ns, Outlet& outlet);
  // Sends all there is, and fills in of `end` what is not known. Nothing may come after it.
  void end(StreamEnd& end, Outlet& outlet);

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
  Role role_ = Role::kUnknown;
  bool is_plain_ = false;
};

}  // namespace scopetrace
