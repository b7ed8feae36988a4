// SPDX-License-Identifier: Apache-2.0
// The two directions of one TLS object, read as WebSocket (RFC 6455) behind its upgrade.
#pragma once

#include <optional>
#include <string>

#include "userspace/protocol/body.h"
#include "userspace/protocol/message_inflater.h"
#include "userspace/protocol/raw_stream.h"
#include "userspace/protocol/successor.h"
#include "userspace/protocol/websocket_frame.h"

namespace scopetrace {

// Which extension the answer agreed to (RFC 7692 section 7.1).
struct WebSocketExtensions {
  bool is_deflate = false;
  bool client_keeps_window = true;
  bool server_keeps_window = true;
};
WebSocketExtensions parse_websocket_extensions(std::string_view field_value);

// Each message and each control frame becomes a WebSocketMessage. Frames cannot be found again: a
// direction in which their boundary is lost is RawStreamData from there on.
class WebSocketConnection final : public Successor {
 public:
  // `client` is where the frames of the client go.
  WebSocketConnection(std::uint64_t tls_id, st_direction client, WebSocketExtensions extensions);

  void set_connection(std::uint64_t conn_id) override;
  void on_chunk(const StreamChunk& chunk, Outlet& outlet) override;
  void on_gap(const StreamGap& gap, Outlet& outlet) override;
  void flush_idle(std::uint64_t before_ns, Outlet& outlet) override;
  void end(EndCause cause, Outlet& outlet) override;
  std::size_t memory_bytes() const override;

 private:
  struct Side final : ByteOutput {
    explicit Side(bool keeps_window) : inflater(keeps_window) {}
    bool put(Bytes decoded) override;

    WebSocketFrameReader reader;
    MessageInflater inflater;
    BodyCollector body;  // of the message under way
    WebSocketOpcode opcode = WebSocketOpcode::kText;
    std::uint64_t payload_bytes = 0;  // of it, as on the wire
    std::string control;              // payload of the control frame under way
    RawCollector raw;
    Origin message_origin;
    Origin frame_origin;
    Origin last;
    bool is_message_open = false;
    bool is_compressed = false;
    bool is_control_cut = false;
    bool is_lost = false;
  };

  Side& side(st_direction direction) { return sides_[direction]; }
  StreamKey key(st_direction direction) const { return {tls_id_, direction}; }

  void read_frame(st_direction direction, Bytes& data, Outlet& outlet);
  ParseState read_pieces(st_direction direction, Bytes& data);
  bool may_stand(st_direction direction) const;
  void begin_frame(Side& here);
  static void add_content(Side& here, Bytes content);
  void end_frame(st_direction direction, Outlet& outlet);
  void send_message(st_direction direction, bool is_whole, Outlet& outlet);
  void send_control(st_direction direction, Outlet& outlet);
  void lose(st_direction direction, Outlet& outlet);

  Side sides_[2];  // by st_direction
  std::uint64_t tls_id_;
  std::uint64_t conn_id_ = 0;
  st_direction client_;
  bool is_deflate_;
};

}  // namespace scopetrace
