// SPDX-License-Identifier: Apache-2.0
// Makes exchanges of the streams of one HTTP/2 connection.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "userspace/protocol/body.h"
#include "userspace/protocol/hpack.h"
#include "userspace/protocol/outlet.h"

namespace scopetrace {

inline constexpr std::size_t kMaxStreams = 256;             // open ones of one connection
inline constexpr std::size_t kMaxStreamsMemory = 12 << 20;  // of one connection

// A stream is a request and a response (RFC 9113 section 8.1); its exchange leaves when both are
// over, when it is reset, or when there are too many: then the oldest leaves as kCut. What comes
// for a stream that is not open any more is passed over. A response to a request that was not seen
// is an exchange of its own, outcome kCut.
class Http2Streams {
 public:
  // What a frame is part of.
  struct Half {
    std::uint32_t stream = 0;
    bool is_request = false;
  };

  // Whose exchanges these are; the connection number may become known late.
  void identify(std::uint64_t tls_id, std::uint64_t conn_id) {
    tls_id_ = tls_id;
    conn_id_ = conn_id;
  }
  void set_inbound(bool inbound) { inbound_ = inbound; }

  // A header block: the head of a message, an interim response, or trailers.
  void on_fields(Half half, HeaderList list, const Origin& origin, Outlet& outlet);
  void on_data(Half half, Bytes content);
  // The last frame of a message was read.
  void end_half(Half half, std::uint64_t time_ns, Outlet& outlet);
  // A request that the server promises to answer (RFC 9113 section 8.4).
  void on_promise(std::uint32_t stream, HeaderList list, const Origin& origin, Outlet& outlet);
  // A request that began in HTTP/1 and was upgraded (RFC 7540 section 3.2): stream 1.
  void adopt(HttpExchange exchange, Outlet& outlet);
  void reset(std::uint32_t stream, bool is_by_client, Outlet& outlet);
  // The server has not begun what came behind `last_stream`, and will not.
  void go_away(std::uint32_t last_stream, Outlet& outlet);

  // `missing_bytes` of the content of a message were not seen.
  void lose_data(Half half, std::uint64_t missing_bytes);
  // A header block of this message was not seen whole.
  void lose_fields(Half half, const Origin& origin);
  // Whole frames of one direction were not seen.
  void lose_frames(bool is_request);

  // Sends everything that is open, with the outcome that the end of the connection implies.
  void end(EndCause cause, Outlet& outlet);

  bool is_open(std::uint32_t stream) const { return streams_.count(stream) != 0; }
  std::size_t memory_bytes() const { return memory_bytes_; }

 private:
  struct Message {
    BodyCollector body;
    bool has_head = false;
    bool has_body = false;
    bool has_trailers = false;
    bool is_over = false;
  };
  struct Stream {
    HttpExchange exchange;
    Message request;
    Message response;
    std::size_t fields_bytes = 0;
    std::size_t charged_bytes = 0;
    bool is_cut = false;

    Message& message(bool is_request) { return is_request ? request : response; }
  };
  using Streams = std::map<std::uint32_t, std::unique_ptr<Stream>>;  // oldest first

  Stream* find(std::uint32_t id);
  Stream* open(Half half, const HeaderList& list, const Origin& origin);
  bool note_request(std::uint32_t id);
  Stream& add(std::uint32_t id, const Origin& origin);
  static void begin(Stream& stream, bool is_request, HeaderList list, std::uint64_t time_ns);
  static void add_trailers(Stream& stream, bool is_request, HeaderList list);
  static void begin_body(Stream& stream, bool is_request);
  static void settle(Stream& stream, bool is_request, bool is_whole, Outlet& outlet);
  void charge(Stream& stream, std::size_t fields_bytes);
  void shed(std::uint32_t newest, Outlet& outlet);
  void give_up(Streams::iterator at, Outcome outcome, Outlet& outlet);
  void send(Streams::iterator at, Outcome outcome, Outlet& outlet);

  Streams streams_;
  std::uint64_t tls_id_ = 0;
  std::uint64_t conn_id_ = 0;
  std::size_t memory_bytes_ = 0;
  // From here on all streams that the client opened were seen; 0 before the first.
  std::uint32_t first_request_ = 0;
  std::uint32_t last_request_ = 0;
  bool inbound_ = false;
};

}  // namespace scopetrace
