// SPDX-License-Identifier: Apache-2.0
// The two directions of one TLS object, read as HTTP/2.
#pragma once

#include <optional>
#include <string>

#include "userspace/protocol/hpack.h"
#include "userspace/protocol/http2_frame.h"
#include "userspace/protocol/http2_streams.h"
#include "userspace/protocol/raw_stream.h"
#include "userspace/protocol/successor.h"

namespace scopetrace {

// Reads frames and header blocks; streams make exchanges of them.
//
// A direction is either in step with the frames, or looks for one at the start of a call, as a
// connection joined in the middle and one that lost its step do. What is passed over leaves as
// RawStreamData. A header block that was not seen whole makes the table of that direction unknown.
class Http2Connection final : public Successor {
 public:
  explicit Http2Connection(std::uint64_t tls_id) : tls_id_(tls_id) { streams_.identify(tls_id, 0); }

  // The connection was upgraded from HTTP/1: both sides begin here. The request that it was
  // upgraded with, if it was seen, went in the direction `client` and becomes stream 1.
  void begin_upgraded(std::optional<HttpExchange> request, st_direction client, Outlet& outlet);

  void set_connection(std::uint64_t conn_id) override;
  void on_chunk(const StreamChunk& chunk, Outlet& outlet) override;
  void on_gap(const StreamGap& gap, Outlet& outlet) override;
  void flush_idle(std::uint64_t before_ns, Outlet& outlet) override;
  void end(EndCause cause, Outlet& outlet) override;
  std::size_t memory_bytes() const override;

 private:
  // A header block that is being put together from its frames.
  struct Block {
    std::string bytes;  // at most kMaxHeaderBytes
    std::uint32_t stream = 0;
    std::uint32_t promised_stream = 0;
    bool is_open = false;
    bool ends_stream = false;
    bool is_oversize = false;
    bool is_lost = false;  // a part is missing or makes no sense
  };
  struct Side {
    Http2FrameReader reader;
    HpackDecoder hpack;
    Block block;
    RawCollector raw;
    std::string begin;  // out of step: what may be the begin of a frame
    Origin begin_origin;
    Origin frame_origin;
    Origin last;
    bool is_in_step = false;
    bool is_probing = false;   // out of step: `begin` is being read
    bool has_gap = false;      // in the frame under way
    bool was_in_step = false;  // ever
  };

  Side& side(st_direction direction) { return sides_[direction]; }
  StreamKey key(st_direction direction) const { return {tls_id_, direction}; }
  bool carries_requests(st_direction direction) const { return client_ == direction; }
  Http2Streams::Half half(st_direction direction, std::uint32_t stream) const {
    return {stream, carries_requests(direction)};
  }
  void set_client(st_direction direction);

  void seek(st_direction direction, Bytes& data, Outlet& outlet);
  bool goes_on_with_data(const Side& here) const;
  void get_in_step(st_direction direction, Http2Begin begin, Outlet& outlet);
  void read_frames(st_direction direction, Bytes& data, Outlet& outlet);
  void on_frame(st_direction direction, Outlet& outlet);
  void on_stream_frame(st_direction direction, Outlet& outlet);
  void add_to_block(st_direction direction, Outlet& outlet);
  void end_block(st_direction direction, Outlet& outlet);
  void drop_block(st_direction direction, Outlet& outlet);
  void close_block(st_direction direction, Outlet& outlet);
  void on_fields(st_direction direction, HeaderList list, Outlet& outlet);
  void learn_client(st_direction direction, const HeaderList& list);
  void lose_step(st_direction direction, Outlet& outlet);
  void move_begin_to_raw(st_direction direction, Outlet& outlet);

  Side sides_[2];  // by st_direction
  Http2Streams streams_;
  std::uint64_t tls_id_;
  std::uint64_t conn_id_ = 0;
  std::optional<st_direction> client_;  // where its requests go
};

}  // namespace scopetrace
