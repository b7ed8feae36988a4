// SPDX-License-Identifier: Apache-2.0
#include "userspace/protocol/websocket_connection.h"

#include <algorithm>
#include <utility>

#include "userspace/protocol/directions.h"

namespace scopetrace {
namespace {

using Opcode = WebSocketOpcode;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return trimmed(part);
}

WebSocketMessage::Kind kind_of(Opcode opcode) {
  switch (opcode) {
    case Opcode::kText:
      return WebSocketMessage::Kind::kText;
    case Opcode::kClose:
      return WebSocketMessage::Kind::kClose;
    case Opcode::kPing:
      return WebSocketMessage::Kind::kPing;
    case Opcode::kPong:
      return WebSocketMessage::Kind::kPong;
    default:
      return WebSocketMessage::Kind::kBinary;
  }
}

}  // namespace

WebSocketExtensions parse_websocket_extensions(std::string_view field_value) {
  WebSocketExtensions found;
  while (!field_value.empty() && !found.is_deflate) {
    std::string_view extension = take_until(field_value, ',');
    found.is_deflate = take_until(extension, ';') == "permessage-deflate";
    while (found.is_deflate && !extension.empty()) {
      const std::string_view parameter = take_until(extension, ';');
      if (parameter == "client_no_context_takeover") found.client_keeps_window = false;
      if (parameter == "server_no_context_takeover") found.server_keeps_window = false;
    }
  }
  return found;
}

WebSocketConnection::WebSocketConnection(std::uint64_t tls_id, st_direction client,
                                         WebSocketExtensions extensions)
    : sides_{Side(client == ST_EGRESS ? extensions.client_keeps_window
                                      : extensions.server_keeps_window),
             Side(client == ST_INGRESS ? extensions.client_keeps_window
                                       : extensions.server_keeps_window)},
      tls_id_(tls_id),
      client_(client),
      is_deflate_(extensions.is_deflate) {}

bool WebSocketConnection::Side::put(Bytes decoded) {
  body.add(decoded);
  return true;
}

void WebSocketConnection::set_connection(std::uint64_t conn_id) {
  if (conn_id == 0) return;
  conn_id_ = conn_id;
  for (Side& each : sides_) each.raw.set_connection(conn_id);
}

void WebSocketConnection::on_chunk(const StreamChunk& chunk, Outlet& outlet) {
  Side& here = side(chunk.key.direction);
  here.last = chunk.origin;
  Bytes data = chunk.data;
  while (!data.empty() && !here.is_lost) read_frame(chunk.key.direction, data, outlet);
  here.raw.add(chunk.key, chunk.origin, data, outlet);
}

void WebSocketConnection::read_frame(st_direction direction, Bytes& data, Outlet& outlet) {
  Side& here = side(direction);
  if (!here.reader.is_in_payload() && here.reader.held().empty()) here.frame_origin = here.last;
  const std::size_t before = data.size();
  const ParseState state = read_pieces(direction, data);
  outlet.counters().parsed_bytes += before - data.size();
  if (state == ParseState::kEnd) end_frame(direction, outlet);
  if (state == ParseState::kInvalid) lose(direction, outlet);
}

// Reads up to the end of a frame.
ParseState WebSocketConnection::read_pieces(st_direction direction, Bytes& data) {
  Side& here = side(direction);
  for (;;) {
    Bytes content;
    const ParseState state = here.reader.read(data, content);
    if (state == ParseState::kIgnored) {
      if (!may_stand(direction)) return ParseState::kInvalid;
      begin_frame(here);
    } else if (state == ParseState::kSuccess) {
      add_content(here, content);
    } else {
      return state;
    }
  }
}

// Whether the frame that begins may stand here: fragments in order, a mask from clients only.
bool WebSocketConnection::may_stand(st_direction direction) const {
  const Side& here = sides_[direction];
  const WebSocketFrame& frame = here.reader.frame();
  if (frame.mask.has_value() != (direction == client_)) return false;
  if (frame.is_control()) return true;
  const bool goes_on = frame.opcode == Opcode::kContinuation;
  return goes_on == here.is_message_open && (!frame.is_compressed || (is_deflate_ && !goes_on));
}

void WebSocketConnection::begin_frame(Side& here) {
  const WebSocketFrame& frame = here.reader.frame();
  if (frame.is_control()) {
    here.control.clear();
    here.is_control_cut = false;
    return;
  }
  here.payload_bytes += frame.payload_bytes;
  if (here.is_message_open) return;
  here.is_message_open = true;
  here.message_origin = here.frame_origin;
  here.opcode = frame.opcode;
  here.is_compressed = frame.is_compressed;
  here.payload_bytes = frame.payload_bytes;
  here.body.begin({});
}

void WebSocketConnection::add_content(Side& here, Bytes content) {
  if (here.reader.frame().is_control()) {
    here.control.append(as_text(content));
  } else if (!here.is_compressed) {
    here.body.add(content);
  } else if (!here.inflater.put(content, here)) {
    here.body.fail(here.inflater.reason());
  }
}

void WebSocketConnection::end_frame(st_direction direction, Outlet& outlet) {
  Side& here = side(direction);
  const WebSocketFrame& frame = here.reader.frame();
  if (frame.is_control()) return send_control(direction, outlet);
  if (!frame.is_final) return;
  if (here.is_compressed && !here.inflater.end_message(here)) {
    here.body.fail(here.inflater.reason());
  }
  send_message(direction, true, outlet);
}

void WebSocketConnection::send_message(st_direction direction, bool is_whole, Outlet& outlet) {
  Side& here = side(direction);
  WebSocketMessage message;
  message.key = key(direction);
  message.conn_id = conn_id_;
  message.inbound = client_ == ST_INGRESS;
  message.origin = here.message_origin;
  message.kind = kind_of(here.opcode);
  message.body = here.body.take(is_whole);
  message.body.wire_bytes = here.payload_bytes;
  here.is_message_open = false;
  ++outlet.counters().websocket_messages;
  outlet.send(std::move(message));
}

void WebSocketConnection::send_control(st_direction direction, Outlet& outlet) {
  Side& here = side(direction);
  WebSocketMessage message;
  message.key = key(direction);
  message.conn_id = conn_id_;
  message.inbound = client_ == ST_INGRESS;
  message.origin = here.frame_origin;
  message.kind = kind_of(here.reader.frame().opcode);
  std::string text = std::exchange(here.control, {});
  if (message.kind == WebSocketMessage::Kind::kClose && text.size() >= 2 && !here.is_control_cut) {
    message.close_code = static_cast<std::uint16_t>(static_cast<std::uint8_t>(text[0]) << 8 |
                                                    static_cast<std::uint8_t>(text[1]));
    text.erase(0, 2);
  }
  message.body.state = here.is_control_cut ? BodyState::kUndecodable : BodyState::kComplete;
  message.body.reason = here.is_control_cut ? "gap" : "";
  message.body.wire_bytes = here.reader.frame().payload_bytes;
  if (!here.is_control_cut) {
    message.body.decoded_bytes = text.size();
    message.body.content = std::move(text);
  }
  ++outlet.counters().websocket_messages;
  outlet.send(std::move(message));
}

void WebSocketConnection::on_gap(const StreamGap& gap, Outlet& outlet) {
  const st_direction direction = gap.key.direction;
  Side& here = side(direction);
  here.last = gap.origin;
  if (!here.is_lost && !here.reader.skip(gap.missing_bytes)) {
    lose(direction, outlet);
  } else if (!here.is_lost) {
    if (here.reader.frame().is_control()) {
      here.is_control_cut = true;
    } else {
      if (here.is_compressed) here.inflater.lose();
      here.body.skip(gap.missing_bytes);
    }
    Bytes none;
    read_frame(direction, none, outlet);
  }
  here.raw.flush(gap.key, conn_id_, outlet);
}

void WebSocketConnection::flush_idle(std::uint64_t before_ns, Outlet& outlet) {
  for (const st_direction direction : kDirections) {
    side(direction).raw.flush_idle(key(direction), before_ns, outlet);
  }
}

void WebSocketConnection::end(EndCause /*cause*/, Outlet& outlet) {
  for (const st_direction direction : kDirections) {
    if (side(direction).is_message_open) send_message(direction, false, outlet);
    side(direction).raw.flush(key(direction), conn_id_, outlet);
  }
}

std::size_t WebSocketConnection::memory_bytes() const {
  std::size_t total = sizeof(*this);
  for (const Side& each : sides_) {
    total += each.reader.memory_bytes() + each.inflater.memory_bytes() + each.body.memory_bytes() +
             each.control.capacity() + each.raw.memory_bytes();
  }
  return total;
}

void WebSocketConnection::lose(st_direction direction, Outlet& outlet) {
  Side& here = side(direction);
  ++outlet.counters().resyncs;
  here.is_lost = true;
  if (here.is_message_open) {
    here.body.fail("gap");
    send_message(direction, false, outlet);
  }
  const std::string_view held = here.reader.held();
  outlet.counters().parsed_bytes -= held.size();
  here.raw.add(key(direction), here.frame_origin, as_bytes(held), outlet);
}

}  // namespace scopetrace
