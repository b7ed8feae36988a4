// SPDX-License-Identifier: Apache-2.0
#include "userspace/protocol/http2_connection.h"

#include <algorithm>
#include <utility>

#include "userspace/protocol/directions.h"

namespace scopetrace {
namespace {

using Type = Http2FrameType;

bool has_field(const HeaderList& list, std::string_view name) {
  return std::any_of(list.fields.begin(), list.fields.end(),
                     [&](const HttpField& field) { return field.name == name; });
}

}  // namespace

void Http2Connection::begin_upgraded(std::optional<HttpExchange> request, st_direction client,
                                     Outlet& outlet) {
  for (Side& each : sides_) each.is_probing = true;
  if (!request) return;
  set_client(client);
  streams_.adopt(std::move(*request), outlet);
}

void Http2Connection::set_client(st_direction direction) {
  client_ = direction;
  streams_.set_inbound(direction == ST_INGRESS);
}

void Http2Connection::set_connection(std::uint64_t conn_id) {
  if (conn_id == 0) return;
  conn_id_ = conn_id;
  streams_.identify(tls_id_, conn_id);
  for (Side& each : sides_) each.raw.set_connection(conn_id);
}

void Http2Connection::on_chunk(const StreamChunk& chunk, Outlet& outlet) {
  const st_direction direction = chunk.key.direction;
  Side& here = side(direction);
  here.last = chunk.origin;
  if (!here.is_in_step && chunk.begins_call) here.is_probing = true;

  Bytes data = chunk.data;
  while (!data.empty()) {
    if (here.is_in_step) {
      read_frames(direction, data, outlet);
    } else if (here.is_probing) {
      seek(direction, data, outlet);
    } else {
      here.raw.add(chunk.key, chunk.origin, data, outlet);
      data = {};
    }
  }
}

// Looks whether a frame begins here; takes no more than that needs.
void Http2Connection::seek(st_direction direction, Bytes& data, Outlet& outlet) {
  Side& here = side(direction);
  if (here.begin.empty()) here.begin_origin = here.last;
  const std::size_t taken = std::min(data.size(), kMaxHttp2Begin - here.begin.size());
  here.begin.append(as_text(data.first(taken)));
  data = data.subspan(taken);
  const Http2Begin begin = judge_http2_begin(here.begin);
  if (begin == Http2Begin::kNeedsMore) return;
  if (begin == Http2Begin::kNo && !goes_on_with_data(here)) {
    return move_begin_to_raw(direction, outlet);
  }
  get_in_step(direction, begin, outlet);
}

// Whether DATA begins here: by itself it proves nothing, but of a stream that is open it does.
bool Http2Connection::goes_on_with_data(const Side& here) const {
  const auto frame = parse_frame_header(here.begin);
  return frame && frame->type == Type::kData && (frame->flags & ~(kEndStream | kPadded)) == 0 &&
         streams_.is_open(frame->stream);
}

void Http2Connection::get_in_step(st_direction direction, Http2Begin begin, Outlet& outlet) {
  Side& here = side(direction);
  here.raw.flush(key(direction), conn_id_, outlet);
  const std::string bytes = std::exchange(here.begin, {});
  std::string_view rest = bytes;
  // A connection begins with the preface, and with SETTINGS from the other side.
  const auto frame = parse_frame_header(rest);
  const bool is_settings = frame && frame->type == Type::kSettings && !frame->has(kAck);
  const bool is_fresh = begin == Http2Begin::kPreface || (!here.was_in_step && is_settings);
  if (!is_fresh) here.hpack.forget();
  here.is_in_step = here.was_in_step = true;
  here.is_probing = false;
  if (begin == Http2Begin::kPreface) {
    set_client(direction);
    rest.remove_prefix(kHttp2Preface.size());
    outlet.counters().parsed_bytes += kHttp2Preface.size();
  }
  Bytes data = as_bytes(rest);
  while (!data.empty() && here.is_in_step) read_frames(direction, data, outlet);
  if (!data.empty()) here.raw.add(key(direction), here.last, data, outlet);
}

void Http2Connection::read_frames(st_direction direction, Bytes& data, Outlet& outlet) {
  Side& here = side(direction);
  const bool is_new = !here.reader.is_in_payload() && here.reader.held().empty();
  if (is_new) here.frame_origin = here.last;
  const std::size_t before = data.size();
  Bytes content;
  ParseState state = here.reader.read(data, content);
  while (state == ParseState::kSuccess) {
    if (client_) streams_.on_data(half(direction, here.reader.frame().stream), content);
    state = here.reader.read(data, content);
  }
  outlet.counters().parsed_bytes += before - data.size();
  if (state == ParseState::kEnd) on_frame(direction, outlet);
  if (state == ParseState::kInvalid) lose_step(direction, outlet);
}

void Http2Connection::on_frame(st_direction direction, Outlet& outlet) {
  Side& here = side(direction);
  const Http2FrameHeader& frame = here.reader.frame();
  const bool goes_on =
      frame.type == Type::kContinuation && here.block.is_open && frame.stream == here.block.stream;
  if (here.block.is_open && !goes_on) drop_block(direction, outlet);
  if (frame.type == Type::kHeaders || frame.type == Type::kPushPromise) {
    here.block.is_open = true;
    here.block.stream = frame.stream;
    here.block.ends_stream = frame.type == Type::kHeaders && frame.has(kEndStream);
    add_to_block(direction, outlet);
  } else if (goes_on) {
    add_to_block(direction, outlet);
  } else if (frame.type == Type::kContinuation) {
    here.hpack.forget();  // of a block whose begin was not seen
  } else if (client_) {
    on_stream_frame(direction, outlet);
  }
  here.has_gap = false;
}

// SETTINGS, PING, WINDOW_UPDATE, PRIORITY and extensions change no message.
void Http2Connection::on_stream_frame(st_direction direction, Outlet& outlet) {
  const Http2FrameHeader& frame = side(direction).reader.frame();
  const bool is_by_client = carries_requests(direction);
  if (frame.type == Type::kData && frame.has(kEndStream)) {
    streams_.end_half(half(direction, frame.stream), side(direction).last.time_ns, outlet);
  } else if (frame.type == Type::kRstStream) {
    streams_.reset(frame.stream, is_by_client, outlet);
  } else if (frame.type == Type::kGoAway && !is_by_client) {
    const auto last_stream = payload_number(side(direction).reader.payload());
    if (last_stream) streams_.go_away(*last_stream, outlet);
  }
}

void Http2Connection::add_to_block(st_direction direction, Outlet& outlet) {
  Side& here = side(direction);
  Block& block = here.block;
  const Http2FrameHeader& frame = here.reader.frame();
  const auto fragment = header_fragment(frame, here.reader.payload());
  block.is_lost = block.is_lost || here.has_gap || !fragment;
  block.is_oversize = block.is_oversize || (here.reader.is_payload_cut() && !here.has_gap);
  if (fragment && frame.type == Type::kPushPromise) {
    block.promised_stream = fragment->promised_stream;
  }
  if (fragment && !block.is_lost) {
    const std::size_t room = kMaxHeaderBytes - block.bytes.size();
    block.is_oversize = block.is_oversize || fragment->block.size() > room;
    block.bytes.append(fragment->block.substr(0, room));
  }
  if (frame.has(kEndHeaders)) end_block(direction, outlet);
}

void Http2Connection::end_block(st_direction direction, Outlet& outlet) {
  Side& here = side(direction);
  const Block& block = here.block;
  if (block.is_lost) return drop_block(direction, outlet);
  HeaderList list;
  const bool is_whole = here.hpack.decode(block.bytes, list);
  outlet.counters().unknown_fields += list.unknown_fields;
  if (block.is_oversize || list.is_cut) ++outlet.counters().oversize_headers;
  if (block.is_oversize) {  // what comes first is the most telling
    here.hpack.forget();
  } else if (!is_whole) {
    ++outlet.counters().resyncs;
    return drop_block(direction, outlet);
  }
  on_fields(direction, std::move(list), outlet);
  close_block(direction, outlet);
}

void Http2Connection::on_fields(st_direction direction, HeaderList list, Outlet& outlet) {
  learn_client(direction, list);
  if (!client_) return;  // no list so far says who is the client
  const Side& here = side(direction);
  const Block& block = here.block;
  if (block.promised_stream != 0) {
    if (carries_requests(direction)) return;
    return streams_.on_promise(block.promised_stream, std::move(list), here.frame_origin, outlet);
  }
  streams_.on_fields(half(direction, block.stream), std::move(list), here.frame_origin, outlet);
}

void Http2Connection::learn_client(st_direction direction, const HeaderList& list) {
  if (client_ || side(direction).block.promised_stream != 0) return;
  if (has_field(list, ":method")) set_client(direction);
  if (has_field(list, ":status")) set_client(opposite(direction));
}

// The block under way makes no sense: what it added to the table is not known.
void Http2Connection::drop_block(st_direction direction, Outlet& outlet) {
  Side& here = side(direction);
  here.hpack.forget();
  if (client_ && here.block.promised_stream == 0) {
    streams_.lose_fields(half(direction, here.block.stream), here.frame_origin);
  }
  close_block(direction, outlet);
}

void Http2Connection::close_block(st_direction direction, Outlet& outlet) {
  const Block block = std::exchange(side(direction).block, {});
  if (!client_ || !block.ends_stream) return;
  streams_.end_half(half(direction, block.stream), side(direction).last.time_ns, outlet);
}

void Http2Connection::on_gap(const StreamGap& gap, Outlet& outlet) {
  const st_direction direction = gap.key.direction;
  Side& here = side(direction);
  here.last = gap.origin;
  if (!here.is_in_step) {
    move_begin_to_raw(direction, outlet);
  } else if (!here.reader.skip(gap.missing_bytes)) {
    lose_step(direction, outlet);
  } else {
    const Http2FrameHeader& frame = here.reader.frame();
    here.has_gap = true;
    if (client_ && frame.type == Type::kData) {
      streams_.lose_data(half(direction, frame.stream), gap.missing_bytes);
    }
    Bytes none;
    Bytes content;
    if (here.reader.read(none, content) == ParseState::kEnd) on_frame(direction, outlet);
  }
  here.raw.flush(key(direction), conn_id_, outlet);
}

void Http2Connection::flush_idle(std::uint64_t before_ns, Outlet& outlet) {
  for (const st_direction direction : kDirections) {
    side(direction).raw.flush_idle(key(direction), before_ns, outlet);
  }
}

void Http2Connection::end(EndCause cause, Outlet& outlet) {
  streams_.end(cause, outlet);
  for (const st_direction direction : kDirections) {
    move_begin_to_raw(direction, outlet);
    side(direction).raw.flush(key(direction), conn_id_, outlet);
  }
}

std::size_t Http2Connection::memory_bytes() const {
  std::size_t total = sizeof(*this) + streams_.memory_bytes();
  for (const Side& each : sides_) {
    total += each.reader.memory_bytes() + each.hpack.memory_bytes() + each.raw.memory_bytes() +
             each.block.bytes.capacity();
  }
  return total;
}

// What follows is no frame, or bytes are missing whose frames cannot be counted.
void Http2Connection::lose_step(st_direction direction, Outlet& outlet) {
  Side& here = side(direction);
  ++outlet.counters().resyncs;
  if (here.block.is_open) drop_block(direction, outlet);
  here.hpack.forget();
  if (client_) streams_.lose_frames(carries_requests(direction));
  const std::string_view held = here.reader.held();
  outlet.counters().parsed_bytes -= held.size();
  here.raw.add(key(direction), here.frame_origin, as_bytes(held), outlet);
  here.reader.clear();
  here.is_in_step = false;
  here.is_probing = false;
  here.has_gap = false;
}

void Http2Connection::move_begin_to_raw(st_direction direction, Outlet& outlet) {
  Side& here = side(direction);
  here.raw.add(key(direction), here.begin_origin, as_bytes(here.begin), outlet);
  here.begin.clear();
  here.is_probing = false;
}

}  // namespace scopetrace
