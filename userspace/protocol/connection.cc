// SPDX-License-Identifier: Apache-2.0
#include "userspace/protocol/connection.h"

#include <algorithm>
#include <utility>

#include "userspace/protocol/directions.h"
#include "userspace/protocol/http2_connection.h"
#include "userspace/protocol/websocket_connection.h"

namespace scopetrace {

void Connection::set_connection(std::uint64_t conn_id) {
  if (conn_id == 0) return;
  conn_id_ = conn_id;
  http1_.set_connection(conn_id);
  if (successor_) successor_->set_connection(conn_id);
}

void Connection::on_chunk(const StreamChunk& chunk, Outlet& outlet) {
  set_connection(chunk.conn_id);
  last_ = chunk.origin;
  if (successor_ || !probe(chunk, outlet)) pass_on(chunk, outlet);
}

// Looks whether the call begins as HTTP/2 does. Returns whether the chunk was kept for that.
bool Connection::probe(const StreamChunk& chunk, Outlet& outlet) {
  const st_direction direction = chunk.key.direction;
  const bool is_held = held_[direction] != nullptr;
  if (!is_held && !(chunk.begins_call && http1_.is_undecided(direction))) return false;
  std::string begin = is_held ? held_[direction]->bytes : std::string();
  begin.append(
      as_text(chunk.data.first(std::min(chunk.data.size(), kMaxHttp2Begin - begin.size()))));
  const Http2Begin judged = judge_http2_begin(begin);
  if (judged == Http2Begin::kNeedsMore) {
    hold(chunk);
    return true;
  }
  if (judged != Http2Begin::kNo) begin_http2(outlet);
  for (const st_direction each : {direction, opposite(direction)}) {
    if (successor_ || each == direction) release(each, outlet);
  }
  return false;
}

void Connection::hold(const StreamChunk& chunk) {
  std::unique_ptr<Held>& held = held_[chunk.key.direction];
  if (!held) held = std::make_unique<Held>(Held{chunk, {}});
  held->bytes.append(as_text(chunk.data));
}

// Passes on what was held.
void Connection::release(st_direction direction, Outlet& outlet) {
  const std::unique_ptr<Held> held = std::move(held_[direction]);
  if (!held) return;
  held->chunk.data = as_bytes(held->bytes);
  pass_on(held->chunk, outlet);
}

void Connection::pass_on(const StreamChunk& chunk, Outlet& outlet) {
  if (successor_) return successor_->on_chunk(chunk, outlet);
  StreamChunk rest = chunk;
  rest.data = http1_.on_chunk(chunk, outlet);
  begin_upgrade(outlet);
  if (!successor_) return;
  for (const st_direction each : kDirections) release(each, outlet);
  rest.begins_call = false;
  if (!rest.data.empty()) successor_->on_chunk(rest, outlet);
}

void Connection::begin_http2(Outlet& outlet) {
  http1_.flush(outlet);
  successor_ = std::make_unique<Http2Connection>(tls_id_);
  successor_->set_connection(conn_id_);
}

void Connection::begin_upgrade(Outlet& outlet) {
  using Protocol = Http1Upgrade::Protocol;
  const Http1Upgrade* upgrade = http1_.upgrade();
  if (upgrade == nullptr) return;
  http1_.flush(outlet);
  if (upgrade->protocol == Protocol::kHttp2) {
    auto http2 = std::make_unique<Http2Connection>(tls_id_);
    http2->begin_upgraded(http1_.take_upgraded(), http1_.client(), outlet);
    successor_ = std::move(http2);
  } else {
    successor_ = std::make_unique<WebSocketConnection>(
        tls_id_, http1_.client(), parse_websocket_extensions(upgrade->extensions));
  }
  successor_->set_connection(conn_id_);
}

void Connection::on_gap(const StreamGap& gap, Outlet& outlet) {
  set_connection(gap.conn_id);
  last_ = gap.origin;
  release(gap.key.direction, outlet);
  if (successor_) return successor_->on_gap(gap, outlet);
  http1_.on_gap(gap, outlet);
}

void Connection::flush_idle(std::uint64_t before_ns, Outlet& outlet) {
  if (successor_) return successor_->flush_idle(before_ns, outlet);
  http1_.flush_idle(before_ns, outlet);
}

void Connection::end(StreamEnd& end, Outlet& outlet) {
  for (const st_direction direction : kDirections) release(direction, outlet);
  http1_.end(end.cause, outlet);
  if (successor_) successor_->end(end.cause, outlet);
  if (end.origin.time_ns < last_.time_ns) end.origin = last_;
  end.tls_id = tls_id_;
  if (end.conn_id == 0) end.conn_id = conn_id_;
}

std::size_t Connection::memory_bytes() const {
  std::size_t total = sizeof(*this) - sizeof(http1_) + http1_.memory_bytes();
  if (successor_) total += successor_->memory_bytes();
  for (const auto& held : held_) total += held ? sizeof(Held) + held->bytes.capacity() : 0;
  return total;
}

}  // namespace scopetrace
