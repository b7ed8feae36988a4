// SPDX-License-Identifier: Apache-2.0
#include "userspace/stream/reassembler.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace scopetrace {
namespace {

constexpr std::size_t kMaxMuted = 65536;              // connections remembered as muted
constexpr std::uint64_t kAdvanceStepNs = 10'000'000;  // events advance the time at most this often

Origin origin_of(const st_event_header& header) {
  return {header.time_ns, header.tgid, header.tid};
}

// Why the rest of a call behind its last chunk is missing, if it is.
std::optional<GapCause> tail_cause(unsigned flags) {
  if ((flags & ST_TLS_LAST) == 0) return std::nullopt;
  if ((flags & ST_TLS_IO_URING) != 0) return GapCause::kIoUring;
  if ((flags & ST_TLS_UNREADABLE) != 0) return GapCause::kUnreadable;
  if ((flags & ST_TLS_TRUNCATED) != 0) return GapCause::kTruncated;
  return std::nullopt;
}

bool has_passed(std::uint64_t since_ns, std::uint64_t now_ns, std::uint64_t limit_ns) {
  return now_ns > since_ns && now_ns - since_ns > limit_ns;
}

}  // namespace

Reassembler::Reassembler(Sink<StreamItem>& next, ReassemblerLimits limits)
    : next_(next), limits_(limits) {}

Status Reassembler::push(Event event) {
  ST_RETURN_IF_ERROR(std::visit([this](const auto& kind) { return on_event(kind); }, event));
  const std::uint64_t time_ns = std::visit(
      [](const auto& kind) {
        if constexpr (requires { kind.record; }) {
          return kind.record.header.time_ns;
        } else {
          return kind.header.time_ns;
        }
      },
      event);
  return time_ns < advanced_ns_ + kAdvanceStepNs ? Status() : advance(time_ns);
}

Status Reassembler::finish() {
  while (!objects_.empty()) {
    const Object& oldest = objects_.front();
    ST_RETURN_IF_ERROR(
        end(objects_.begin(), EndCause::kFinished, {oldest.last_ns, oldest.tgid, 0}));
  }
  return next_.finish();
}

Status Reassembler::advance(std::uint64_t now_ns) {
  if (now_ns <= advanced_ns_) return {};
  advanced_ns_ = now_ns;
  for (auto next = objects_.begin(); next != objects_.end();) {
    const auto object = next++;
    ST_RETURN_IF_ERROR(age(object, now_ns));
  }
  return next_.push(TimePassed{now_ns});
}

// Ends the object when its time is over, else stops waiting for what is missing for too long.
Status Reassembler::age(Objects::iterator object, std::uint64_t now_ns) {
  const Origin origin{now_ns, object->tgid, 0};
  if (has_passed(object->last_ns, now_ns, limits_.idle_ns)) {
    ++counters_.evicted_objects;
    return end(object, EndCause::kEvicted, origin);
  }
  if (object->closed_ns != 0 && has_passed(object->closed_ns, now_ns, limits_.linger_ns)) {
    return end(object, EndCause::kClosed, origin);
  }
  if (held_bytes_ == 0 || now_ns <= limits_.hold_ns) return {};
  ST_RETURN_IF_ERROR(release_all(*object, ST_EGRESS, now_ns - limits_.hold_ns));
  return release_all(*object, ST_INGRESS, now_ns - limits_.hold_ns);
}

Status Reassembler::on_event(const TlsEvent& event) {
  const st_tls_event& record = event.record;
  ST_ASSIGN_OR_RETURN(const Objects::iterator object, touch(record.tls_id, record.header));
  set_connection(*object, record.conn_id);
  if ((record.flags & ST_TLS_PLAIN) != 0) note_plain(*object);

  StreamChunk chunk;
  chunk.key = {record.tls_id, static_cast<st_direction>(record.direction)};
  chunk.position = record.position + record.offset_bytes;
  chunk.origin = origin_of(record.header);
  chunk.data = event.payload;
  chunk.begins_call = record.offset_bytes == 0;
  const std::uint64_t chunk_end = chunk.position + record.chunk_bytes;

  if ((record.flags & ST_TLS_FAULT) != 0) {
    ST_RETURN_IF_ERROR(skip(*object, {chunk.key, 0, chunk.position, record.chunk_bytes,
                                      GapCause::kFault, chunk.origin}));
  } else if (!chunk.data.empty()) {
    ST_RETURN_IF_ERROR(accept(*object, chunk));
  }
  const auto cause = tail_cause(record.flags);
  if (!cause) return {};
  return skip(*object, {chunk.key, 0, chunk_end, record.position + record.call_bytes - chunk_end,
                        *cause, chunk.origin});
}

// A plain stream is its connection's own: no peer record says so.
void Reassembler::note_plain(Object& object) {
  if (object.is_plain) return;
  object.is_plain = true;
  tie(object.conn_id, object.tls_id);
}

void Reassembler::tie(std::uint64_t conn_id, std::uint64_t tls_id) {
  if (conn_id != 0) tls_of_connection_[conn_id] = tls_id;
  if (tls_of_connection_.size() > 4 * limits_.max_objects) tls_of_connection_.clear();
}

Status Reassembler::on_event(const st_tls_peer_event& event) {
  ST_ASSIGN_OR_RETURN(const Objects::iterator object, touch(event.tls_id, event.header));
  set_connection(*object, event.conn_id);
  object->closed_ns = 0;
  tie(event.conn_id, event.tls_id);
  return next_.push(event);
}

Status Reassembler::on_event(const st_tls_close_event& event) {
  const auto found = by_tls_id_.find(event.tls_id);
  if (found == by_tls_id_.end()) return {};
  Object& object = *found->second;
  const Origin origin = origin_of(event.header);

  // What the object carried in all shows bytes that were lost at the very end.
  ST_RETURN_IF_ERROR(release_all(object, ST_EGRESS, UINT64_MAX));
  ST_RETURN_IF_ERROR(release_all(object, ST_INGRESS, UINT64_MAX));
  ST_RETURN_IF_ERROR(fill_to(object, ST_EGRESS, event.egress_bytes, origin));
  ST_RETURN_IF_ERROR(fill_to(object, ST_INGRESS, event.ingress_bytes, origin));
  return end(found->second, EndCause::kClosed, origin);
}

Status Reassembler::on_event(const st_window_event& event) {
  ST_ASSIGN_OR_RETURN(const Objects::iterator object, touch(event.tls_id, event.header));
  set_connection(*object, event.conn_id);
  const auto kind = static_cast<st_window_kind>(event.kind);
  // Between two requests in scope nothing was left out: what did not come yet may still do so.
  const bool is_border = object->window == ST_WINDOW_NONE || kind == ST_WINDOW_NONE;
  for (const st_direction direction : {ST_EGRESS, ST_INGRESS}) {
    if (!is_border) continue;
    ST_RETURN_IF_ERROR(release_all(*object, direction, UINT64_MAX));
    ST_RETURN_IF_ERROR(
        fill_to(*object, direction, event.position[direction], origin_of(event.header)));
  }
  object->window = kind;
  return next_.push(StreamWindow{event.tls_id, kind});
}

Status Reassembler::on_event(const st_connection_event& event) {
  const auto found = tls_of_connection_.find(event.conn_id);
  if (event.state == ST_CONNECTION_CLOSED && found != tls_of_connection_.end()) {
    const auto object = by_tls_id_.find(found->second);
    if (object != by_tls_id_.end() && object->second->conn_id == event.conn_id) {
      Object& closed = *object->second;
      closed.closed_ns = event.header.time_ns;  // decrypted bytes may still be read
      closed.carried_bytes[ST_EGRESS] = event.sent_bytes;
      closed.carried_bytes[ST_INGRESS] = event.received_bytes;
    }
    tls_of_connection_.erase(found);
  }
  if (event.state == ST_CONNECTION_CLOSED) muted_.erase(event.conn_id);
  return next_.push(event);
}

Status Reassembler::on_event(const st_process_event& event) {
  if (event.header.type != ST_EVENT_FORK) ST_RETURN_IF_ERROR(end_process(event));
  return next_.push(event);
}

void Reassembler::mute(std::uint64_t conn_id) {
  if (muted_.size() >= kMaxMuted) muted_.clear();  // what is missing of them counts as lost again
  muted_.insert(conn_id);
  for (Object& object : objects_) {
    if (object.conn_id == conn_id) object.is_muted = true;
  }
}

void Reassembler::set_connection(Object& object, std::uint64_t conn_id) const {
  if (conn_id == 0 || conn_id == object.conn_id) return;
  object.conn_id = conn_id;
  object.is_muted = muted_.contains(conn_id);
}

// TLS objects are in the memory that the process gave up. A plain stream is its connection's, which
// another process may have, or the program that this one became by exec: it ends with that.
Status Reassembler::end_process(const st_process_event& event) {
  for (auto next = objects_.begin(); next != objects_.end();) {
    const auto object = next++;
    if (object->tgid != event.header.tgid || object->is_plain) continue;
    ST_RETURN_IF_ERROR(end(object, EndCause::kExited, origin_of(event.header)));
  }
  return {};
}

// The object of this id, made when it is new, as the most recently used one.
Result<Reassembler::Objects::iterator> Reassembler::touch(std::uint64_t tls_id,
                                                          const st_event_header& header) {
  auto found = by_tls_id_.find(tls_id);
  if (found == by_tls_id_.end()) {
    if (objects_.size() >= limits_.max_objects) {
      ++counters_.evicted_objects;
      ST_RETURN_IF_ERROR(end(objects_.begin(), EndCause::kEvicted, origin_of(header)));
    }
    objects_.emplace_back();
    objects_.back().tls_id = tls_id;
    found = by_tls_id_.emplace(tls_id, std::prev(objects_.end())).first;
  } else {
    objects_.splice(objects_.end(), objects_, found->second);
  }
  found->second->tgid = header.tgid;
  found->second->last_ns = std::max<std::uint64_t>(found->second->last_ns, header.time_ns);
  return found->second;
}

// Passes on the part of the chunk that is new, or holds it when it came early.
Status Reassembler::accept(Object& object, StreamChunk chunk) {
  Stream& stream = object.streams[chunk.key.direction];
  if (chunk.position > stream.next) return hold(object, chunk);
  const std::uint64_t overlap =
      std::min<std::uint64_t>(stream.next - chunk.position, chunk.data.size());
  if (overlap > 0) {
    counters_.duplicate_bytes += overlap;
    chunk.data = chunk.data.subspan(overlap);
    chunk.position += overlap;
    chunk.begins_call = false;
  }
  if (chunk.data.empty()) return {};

  stream.next += chunk.data.size();
  counters_.stream_bytes += chunk.data.size();
  chunk.conn_id = object.conn_id;
  chunk.is_plain = object.is_plain;
  const st_direction direction = chunk.key.direction;
  ST_RETURN_IF_ERROR(next_.push(chunk));
  return release_in_order(object, direction);
}

// Takes bytes that are known to be missing; they end the wait for what is missing before them.
Status Reassembler::skip(Object& object, StreamGap gap) {
  const st_direction direction = gap.key.direction;
  ST_RETURN_IF_ERROR(release_all(object, direction, UINT64_MAX));
  ST_RETURN_IF_ERROR(fill_to(object, direction, gap.position, gap.origin));

  const std::uint64_t next = object.streams[direction].next;
  const std::uint64_t gap_end = gap.position + gap.missing_bytes;
  if (gap_end <= next) return {};
  gap.position = next;
  gap.missing_bytes = gap_end - next;
  return emit_gap(object, gap);
}

Status Reassembler::hold(Object& object, const StreamChunk& chunk) {
  Stream& stream = object.streams[chunk.key.direction];
  const auto after = std::upper_bound(
      stream.held.begin(), stream.held.end(), chunk.position,
      [](std::uint64_t position, const Held& held) { return position < held.position; });
  stream.held.insert(
      after, Held{chunk.position, chunk.origin, ByteVector(chunk.data.begin(), chunk.data.end()),
                  chunk.begins_call});
  stream.held_bytes += chunk.data.size();
  held_bytes_ += chunk.data.size();

  const std::size_t all = limits_.max_held_bytes;
  const std::size_t each = limits_.max_held_per_stream;
  while (!stream.held.empty() &&
         (stream.held_bytes > each || held_bytes_ > all || stream.held.size() > kMaxHeldChunks)) {
    ST_RETURN_IF_ERROR(release_first(object, chunk.key.direction));
  }
  return {};
}

// Passes on held chunks whose turn has come.
Status Reassembler::release_in_order(Object& object, st_direction direction) {
  Stream& stream = object.streams[direction];
  while (!stream.held.empty() && stream.held.front().position <= stream.next) {
    ++counters_.reordered_chunks;
    ST_RETURN_IF_ERROR(release_first(object, direction));
  }
  return {};
}

// Gives up waiting for what is missing before chunks that came at or before `until_ns`.
Status Reassembler::release_all(Object& object, st_direction direction, std::uint64_t until_ns) {
  Stream& stream = object.streams[direction];
  while (!stream.held.empty() && stream.held.front().origin.time_ns <= until_ns) {
    ST_RETURN_IF_ERROR(release_first(object, direction));
  }
  return {};
}

// Passes on the first held chunk, after a gap when it is not its turn yet.
Status Reassembler::release_first(Object& object, st_direction direction) {
  Stream& stream = object.streams[direction];
  const Held held = std::move(stream.held.front());
  stream.held.erase(stream.held.begin());
  if (stream.held.empty()) stream.held.shrink_to_fit();
  stream.held_bytes -= held.data.size();
  held_bytes_ -= held.data.size();

  ST_RETURN_IF_ERROR(fill_to(object, direction, held.position, held.origin));
  StreamChunk chunk;
  chunk.key = {object.tls_id, direction};
  chunk.position = held.position;
  chunk.origin = held.origin;
  chunk.data = held.data;
  chunk.begins_call = held.begins_call;
  return accept(object, chunk);
}

// Reports bytes up to `position` as dropped.
Status Reassembler::fill_to(Object& object, st_direction direction, std::uint64_t position,
                            Origin origin) {
  const std::uint64_t next = object.streams[direction].next;
  if (position <= next) return {};
  const GapCause cause = cause_of_jump(object, direction);
  return emit_gap(object, {{object.tls_id, direction}, 0, next, position - next, cause, origin});
}

// Why the bytes before a position that comes too early are missing.
GapCause Reassembler::cause_of_jump(const Object& object, st_direction direction) const {
  const bool is_outside = limits_.has_windows && object.window == ST_WINDOW_NONE;
  if (is_outside || object.is_muted) return GapCause::kOutOfScope;
  // A stream that begins in its middle was most likely evicted before.
  const bool seen_before = object.streams[direction].next == 0 && counters_.evicted_objects > 0;
  return seen_before ? GapCause::kEvicted : GapCause::kDropped;
}

// What a closed plain connection carried in all shows bytes that were lost at its very end.
Status Reassembler::fill_to_carried(Object& object, Origin origin) {
  for (const st_direction direction : {ST_EGRESS, ST_INGRESS}) {
    ST_RETURN_IF_ERROR(fill_to(object, direction, object.carried_bytes[direction], origin));
  }
  return {};
}

Status Reassembler::emit_gap(Object& object, StreamGap gap) {
  object.streams[gap.key.direction].next = gap.position + gap.missing_bytes;
  gap.conn_id = object.conn_id;
  if (gap.cause == GapCause::kOutOfScope) {
    counters_.out_of_scope_bytes += gap.missing_bytes;
  } else {
    ++counters_.gaps;
    counters_.gap_bytes += gap.missing_bytes;
  }
  gap.is_plain = object.is_plain;
  return next_.push(gap);
}

Status Reassembler::end(Objects::iterator object, EndCause cause, Origin origin) {
  ST_RETURN_IF_ERROR(release_all(*object, ST_EGRESS, UINT64_MAX));
  ST_RETURN_IF_ERROR(release_all(*object, ST_INGRESS, UINT64_MAX));
  if (object->is_plain) ST_RETURN_IF_ERROR(fill_to_carried(*object, origin));
  const StreamEnd item{object->tls_id, object->conn_id, cause, origin, object->is_plain};
  by_tls_id_.erase(object->tls_id);
  objects_.erase(object);
  return next_.push(item);
}

}  // namespace scopetrace
