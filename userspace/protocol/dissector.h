// SPDX-License-Identifier: Apache-2.0
// Turns stream items into messages: finds the protocol by content, parses, decodes bodies,
// stitches.
//
// This header does not show a message, so session/ may include it. It connects the chain like this:
// the redactor's header offers a `MessageSink&` (forward declared there as here), and
//     std::unique_ptr<Sink<StreamItem>> dissector = make_dissector(redactor.input(), &counters);
//     Reassembler reassembler(*dissector);
#pragma once

#include <cstdint>
#include <memory>

#include "userspace/base/sink.h"
#include "userspace/stream/item.h"

namespace scopetrace {

class MessageSink;  // Sink<Message>; defined in protocol/message.h, which session/ must not include

// Bounds of the dissector's memory.
struct DissectorLimits {
  std::size_t max_connections = 8192;
  std::size_t max_memory_bytes = 24 << 20;    // over all connections
  std::uint64_t raw_idle_ns = 1'000'000'000;  // unknown data is passed on after this silence
};

// What was understood and what was not, since the start of the session.
struct DissectorCounters {
  std::uint64_t exchanges = 0;
  std::uint64_t websocket_messages = 0;
  std::uint64_t parsed_bytes = 0;      // bytes that belong to a recognised message
  std::uint64_t unparsed_bytes = 0;    // passed on as RawStreamData
  std::uint64_t resyncs = 0;           // times a direction lost the message boundary
  std::uint64_t oversize_headers = 0;  // header blocks given up at kMaxHeaderBytes
  std::uint64_t malformed_fields = 0;  // header lines without a colon, left out
  std::uint64_t undecodable_bodies = 0;
  std::uint64_t cut_bodies = 0;
  std::uint64_t unknown_fields = 0;   // of HTTP/2, that refer to what was not seen
  std::uint64_t reset_streams = 0;    // of HTTP/2, before they were over
  std::uint64_t evicted_streams = 0;  // of HTTP/2, given up because there were too many
  std::uint64_t evicted_connections = 0;
  std::uint64_t memory_bytes = 0;  // now
  std::uint64_t peak_memory_bytes = 0;
};

// A pipeline stage: stream items in, messages out to `next`. Gaps, peer, connection and process
// records pass through in order.
//
// A pair of streams is taken for HTTP/1 by what it carries, never by its port: by a start line at
// the start of a call; for HTTP/2 by its preface, or by a frame that hardly occurs by chance there;
// for WebSocket by the answer that upgrades to it. Everything else leaves as RawStreamData, in
// pieces of 64 KiB or after a silence. For every cut of the same calls into chunks the messages are
// the same. `next` and `counters` must outlive the stage.
std::unique_ptr<Sink<StreamItem>> make_dissector(MessageSink& next, DissectorCounters* counters,
                                                 DissectorLimits limits = {});

}  // namespace scopetrace
