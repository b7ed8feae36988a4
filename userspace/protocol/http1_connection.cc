// SPDX-License-Identifier: Apache-2.0
#include "userspace/protocol/http1_connection.h"

#include <utility>

#include "userspace/protocol/directions.h"

namespace scopetrace {
namespace {

HttpBody undecodable(const char* reason) {
  HttpBody body;
  body.state = BodyState::kUndecodable;
  body.reason = reason;
  return body;
}

bool is_interim(const Http1Head& head) {
  return head.kind == Http1Kind::kResponse && head.status < 200 && head.status != 101;
}

}  // namespace

void Http1Connection::set_connection(std::uint64_t conn_id) {
  if (conn_id == 0) return;
  conn_id_ = conn_id;
  stitcher_.identify(tls_id_, conn_id);
  for (Side& each : sides_) each.raw.set_connection(conn_id);
}

Bytes Http1Connection::on_chunk(const StreamChunk& chunk, Outlet& outlet) {
  set_connection(chunk.conn_id);
  const st_direction direction = chunk.key.direction;
  Side& here = side(direction);
  here.last = chunk.origin;
  if (here.mode == Mode::kSeek && chunk.begins_call && !here.is_probing) here.is_probing = true;

  Bytes data = chunk.data;
  while (!data.empty() && !upgrade_) {
    if (here.mode == Mode::kBody) {
      read_body(direction, data, outlet);
    } else if (here.mode == Mode::kHead || (here.mode == Mode::kSeek && here.is_probing)) {
      read_head(direction, data, outlet);
    } else {
      here.raw.add(chunk.key, chunk.origin, data, outlet);
      data = {};
    }
  }
  return data;
}

void Http1Connection::on_gap(const StreamGap& gap, Outlet& outlet) {
  lose(gap, outlet);
  // What was before the gap comes before it.
  side(gap.key.direction).raw.flush(gap.key, conn_id_, outlet);
}

void Http1Connection::lose(const StreamGap& gap, Outlet& outlet) {
  set_connection(gap.conn_id);
  const st_direction direction = gap.key.direction;
  Side& here = side(direction);
  here.last = gap.origin;
  if (here.mode == Mode::kSeek && role_ == Role::kUnknown) {
    move_head_to_raw(direction, outlet);
  } else if (here.mode == Mode::kSeek || here.mode == Mode::kHead) {
    lose_boundary(outlet);  // whole messages may be missing
  } else if (here.mode == Mode::kBody) {
    here.body.skip(gap.missing_bytes);
    if (!here.reader.skip(gap.missing_bytes)) return lose_boundary(outlet);
    if (here.reader.is_at_end()) end_message(direction, here.body.take(true), outlet);
  }
}

void Http1Connection::flush_idle(std::uint64_t before_ns, Outlet& outlet) {
  for (const st_direction direction : kDirections) {
    side(direction).raw.flush_idle(key(direction), before_ns, outlet);
  }
}

void Http1Connection::flush(Outlet& outlet) {
  for (const st_direction direction : kDirections) {
    side(direction).raw.flush(key(direction), conn_id_, outlet);
  }
}

void Http1Connection::end(EndCause cause, Outlet& outlet) {
  const bool is_over = cause == EndCause::kClosed || cause == EndCause::kExited;
  for (const st_direction direction : kDirections) {
    Side& here = side(direction);
    move_head_to_raw(direction, outlet);
    if (here.mode != Mode::kBody) continue;
    const bool is_whole = is_over && here.reader.is_until_close();
    HttpBody body = here.body.take(is_whole);
    if (is_whole) {
      end_message(direction, std::move(body), outlet);
    } else {
      stitcher_.break_off(carries_requests(direction), std::move(body), here.last.time_ns, outlet);
    }
  }
  stitcher_.end(cause, outlet);
  flush(outlet);
}

bool Http1Connection::is_undecided(st_direction direction) const {
  const Side& here = sides_[direction];
  return role_ == Role::kUnknown && here.mode == Mode::kSeek && here.head.empty();
}

std::size_t Http1Connection::memory_bytes() const {
  std::size_t total = sizeof(*this) + stitcher_.memory_bytes();
  for (const Side& each : sides_) {
    total += each.head.block().capacity() + each.reader.memory_bytes() + each.body.memory_bytes() +
             each.raw.memory_bytes();
  }
  return total;
}

bool Http1Connection::carries_requests(st_direction direction) const {
  return role_ == (direction == ST_EGRESS ? Role::kRequestsOut : Role::kRequestsIn);
}

bool Http1Connection::accepts(st_direction direction, Http1Kind kind) const {
  return role_ == Role::kUnknown || carries_requests(direction) == (kind == Http1Kind::kRequest);
}

void Http1Connection::read_head(st_direction direction, Bytes& data, Outlet& outlet) {
  Side& here = side(direction);
  if (here.head.empty()) here.first = here.last;
  const ParseState state = here.head.read(data);
  if (state == ParseState::kNeedsMore) return;
  if (here.head.is_oversize()) return on_oversize_head(direction, outlet);
  if (state == ParseState::kInvalid) return reject_head(direction, outlet);

  std::optional<Http1Head> head = parse_head(here.head.block(), outlet.counters().malformed_fields);
  if (!head || !accepts(direction, head->kind) || stitcher_.is_full()) {
    return reject_head(direction, outlet);
  }
  outlet.counters().parsed_bytes += here.head.block().size();
  here.head.clear();
  here.is_probing = false;
  on_head(direction, std::move(*head), outlet);
}

void Http1Connection::on_head(st_direction direction, Http1Head head, Outlet& outlet) {
  side(direction).mode = Mode::kHead;
  if (is_interim(head)) return;  // the final response is still to come
  if (auto upgrade = upgrade_of(head)) {
    upgrade_ = std::make_unique<Http1Upgrade>(std::move(*upgrade));
    // The answer to that request comes in HTTP/2, on stream 1.
    if (upgrade_->protocol == Http1Upgrade::Protocol::kHttp2) return;
  }
  const std::string_view method =
      head.kind == Http1Kind::kResponse ? stitcher_.awaited_method() : std::string_view();
  const bool is_connect_refused =
      method == "CONNECT" && head.kind == Http1Kind::kResponse && head.status / 100 != 2;
  const Http1BodyPlan plan = plan_body(head, method);

  begin_message(direction, std::move(head));
  if (is_connect_refused) other(direction).mode = Mode::kHead;
  begin_body(direction, plan, outlet);
}

void Http1Connection::begin_body(st_direction direction, const Http1BodyPlan& plan,
                                 Outlet& outlet) {
  Side& here = side(direction);
  switch (plan.framing) {
    case Http1Framing::kNone:
      return end_message(direction, {}, outlet);
    case Http1Framing::kTunnel:
      return begin_tunnel(direction, outlet);
    case Http1Framing::kInvalid:
      end_message(direction, undecodable("contradictory length"), outlet);
      return lose_boundary(outlet);
    default:
      here.body.begin(plan.codings);
      here.reader.begin(plan.framing, plan.length_bytes);
      here.mode = Mode::kBody;
  }
}

// What follows belongs to another protocol. A CONNECT request waits for its answer; an answer binds
// both directions.
void Http1Connection::begin_tunnel(st_direction direction, Outlet& outlet) {
  end_message(direction, {}, outlet);
  side(direction).mode = Mode::kTunnel;
  if (carries_requests(direction)) return;
  move_head_to_raw(opposite(direction), outlet);
  if (other(direction).mode == Mode::kBody) abandon(opposite(direction), outlet);
  other(direction).mode = Mode::kTunnel;
  stitcher_.give_up(outlet);
}

void Http1Connection::read_body(st_direction direction, Bytes& data, Outlet& outlet) {
  Side& here = side(direction);
  const std::size_t before = data.size();
  Bytes content;
  ParseState state = here.reader.read(data, content);
  while (state == ParseState::kSuccess) {
    here.body.add(content);
    state = here.reader.read(data, content);
  }
  outlet.counters().parsed_bytes += before - data.size();
  if (state == ParseState::kEnd) {
    const std::string lines = here.reader.take_trailers();
    stitcher_.add_trailers(carries_requests(direction),
                           parse_trailers(lines, outlet.counters().malformed_fields));
    end_message(direction, here.body.take(true), outlet);
  }
  if (state != ParseState::kInvalid) return;
  here.body.fail("broken chunk framing");
  lose_boundary(outlet);
}

void Http1Connection::begin_message(st_direction direction, Http1Head head) {
  const bool is_request = head.kind == Http1Kind::kRequest;
  if (role_ == Role::kUnknown) {
    const bool is_out = is_request == (direction == ST_EGRESS);
    role_ = is_out ? Role::kRequestsOut : Role::kRequestsIn;
    stitcher_.set_inbound(role_ == Role::kRequestsIn);
  }
  const Origin& first = side(direction).first;
  if (is_request) {
    stitcher_.begin_request(std::move(head), first);
  } else {
    stitcher_.begin_response(std::move(head), first);
  }
}

void Http1Connection::end_message(st_direction direction, HttpBody body, Outlet& outlet) {
  Side& here = side(direction);
  here.mode = Mode::kHead;
  if (carries_requests(direction)) {
    stitcher_.end_request(std::move(body), here.last.time_ns, outlet);
  } else {
    stitcher_.end_response(std::move(body), here.last.time_ns, outlet);
  }
}

// The block is longer than we keep: the message is known by its start line only.
void Http1Connection::on_oversize_head(st_direction direction, Outlet& outlet) {
  ++outlet.counters().oversize_headers;
  const std::string_view block = side(direction).head.block();
  std::string_view line = block.substr(0, block.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  std::optional<Http1Head> head = parse_start_line(line);
  if (!head || is_interim(*head) || !accepts(direction, head->kind) || stitcher_.is_full()) {
    return reject_head(direction, outlet);
  }
  begin_message(direction, std::move(*head));
  end_message(direction, undecodable("header too large"), outlet);
  reject_head(direction, outlet);
}

// What was read is no header block. Inside a conversation that means that the boundary is lost.
void Http1Connection::reject_head(st_direction direction, Outlet& outlet) {
  const bool was_in_step = side(direction).mode == Mode::kHead;
  move_head_to_raw(direction, outlet);
  if (was_in_step) lose_boundary(outlet);
}

void Http1Connection::lose_boundary(Outlet& outlet) {
  ++outlet.counters().resyncs;
  for (const st_direction direction : kDirections) {
    move_head_to_raw(direction, outlet);
    abandon(direction, outlet);
  }
  stitcher_.give_up(outlet);
}

// Ends the body that is under way, if any, and looks for a new start line.
void Http1Connection::abandon(st_direction direction, Outlet& outlet) {
  Side& here = side(direction);
  if (here.mode == Mode::kTunnel) return;
  if (here.mode == Mode::kBody) {
    stitcher_.break_off(carries_requests(direction), here.body.take(false), here.last.time_ns,
                        outlet);
  }
  here.mode = Mode::kSeek;
  here.is_probing = false;
}

void Http1Connection::move_head_to_raw(st_direction direction, Outlet& outlet) {
  Side& here = side(direction);
  here.raw.add(key(direction), here.first, as_bytes(here.head.block()), outlet);
  here.head.clear();
  here.is_probing = false;
}

}  // namespace scopetrace
