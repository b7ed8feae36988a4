// SPDX-License-Identifier: Apache-2.0
// Turns the bytes of one ring buffer record into a typed event.
#pragma once

#include "userspace/base/result.h"
#include "userspace/wire/event.h"

namespace scopetrace {

// Largest stream position a record may state: far beyond any real stream, and small enough that
// adding a call's length cannot overflow.
inline constexpr std::uint64_t kMaxPosition = std::uint64_t{1} << 62;

// Decodes one record.
//
// `record` is what one ring buffer callback delivered, of any alignment. The payload of an event
// points into it; the rest is copied. Bytes past the kind's structure and payload are
// padding and never read; reserved fields are ignored, so that a newer kernel side may use them.
// Errors: kCorrupt when the record is shorter than its header or its kind's structure, `size`
// claims more than the record holds, the type is unknown (ST_EVENT_LIBRARY belongs to the other
// ring), or a field is out of its range: direction, flags, peer source, connection state, role or
// family, a chunk beyond its call or its record, payload where there can be none, a position beyond
// kMaxPosition, a connection number 0, a log's sink, sequence, lengths or name, a
// call's texts beyond their room or record, content of a handshake or datagram beyond its bound.
// Layout: bpf/event.h.
Result<Event> decode(Bytes record);

}  // namespace scopetrace
