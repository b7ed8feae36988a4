// SPDX-License-Identifier: Apache-2.0
// The two directions of one TLS object or plain connection: finds what they speak.
#pragma once

#include <memory>
#include <string>

#include "userspace/protocol/http1_connection.h"
#include "userspace/protocol/http2_frame.h"
#include "userspace/protocol/successor.h"

namespace scopetrace {

// Parser state of one TLS object; below 1 KiB while no message is under way.
//
// A connection is read as HTTP/1 until it shows to be HTTP/2, by how a call begins before any
// message of HTTP/1 was seen, or until it is upgraded.
class Connection {
 public:
  explicit Connection(std::uint64_t tls_id) : http1_(tls_id), tls_id_(tls_id) {}

  void set_connection(std::uint64_t conn_id);
  // What exchanges of HTTP/1 that begin from now on belong to.
  void set_window(st_window_kind kind) { http1_.set_window(kind); }
  void on_chunk(const StreamChunk& chunk, Outlet& outlet);
  void on_gap(const StreamGap& gap, Outlet& outlet);
  // Sends unknown data that has been silent since `before_ns`.
  void flush_idle(std::uint64_t before_ns, Outlet& outlet);
  // Sends all there is, and fills in of `end` what is not known. Nothing may come after it.
  void end(StreamEnd& end, Outlet& outlet);

  std::size_t memory_bytes() const;

 private:
  // The begin of a call that may be one of HTTP/2; less than kMaxHttp2Begin bytes.
  struct Held {
    StreamChunk chunk;  // its data is `bytes`
    std::string bytes;
  };

  bool probe(const StreamChunk& chunk, Outlet& outlet);
  void hold(const StreamChunk& chunk);
  void release(st_direction direction, Outlet& outlet);
  void pass_on(const StreamChunk& chunk, Outlet& outlet);
  void begin_http2(Outlet& outlet);
  void begin_upgrade(Outlet& outlet);

  Http1Connection http1_;
  std::unique_ptr<Successor> successor_;
  std::unique_ptr<Held> held_[2];  // by st_direction
  std::uint64_t tls_id_;
  std::uint64_t conn_id_ = 0;
  Origin last_;
};

}  // namespace scopetrace
