// SPDX-License-Identifier: Apache-2.0
// Input: events of 8 bytes {kind, object, position, length, offset, flags, time, spare}. Property:
// each stream is passed on gapless and in order (chunks and gaps join without overlap), and what is
// held stays within its bound.
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/event_builder.h"
#include "tests/support/fuzz_target.h"
#include "userspace/stream/reassembler.h"

namespace {

using namespace scopetrace;

// Aborts when the items of a stream do not join.
class JoinChecker final : public Sink<StreamItem> {
 public:
  Status push(StreamItem item) override {
    if (const auto* chunk = std::get_if<StreamChunk>(&item)) {
      join(chunk->key, chunk->position, chunk->data.size());
    } else if (const auto* gap = std::get_if<StreamGap>(&item)) {
      join(gap->key, gap->position, gap->missing_bytes);
    } else if (const auto* end = std::get_if<StreamEnd>(&item)) {
      next_.erase({end->tls_id, 0});
      next_.erase({end->tls_id, 1});
    }
    return {};
  }
  Status finish() override { return {}; }

 private:
  void join(const StreamKey& key, std::uint64_t position, std::uint64_t size) {
    std::uint64_t& next = next_[{key.tls_id, key.direction}];
    if (position != next || size == 0) std::abort();
    next += size;
  }

  std::map<std::pair<std::uint64_t, int>, std::uint64_t> next_;
};

Event event_of(const std::uint8_t* in, const std::string& payload) {
  TlsCallBuilder call(std::string_view(payload).substr(0, in[3]));
  call.object(in[1] & 7).at(in[2]).direction(static_cast<st_direction>(in[1] >> 7));
  call.part(in[4], 255U + in[4]).flags(in[5] & 7).time(1'000'000ULL * in[6]);
  TlsEvent event = call.event();
  event.payload = as_bytes(payload).first(in[3]);  // outlives the builder
  if ((in[5] & ST_TLS_FAULT) != 0) event.payload = {};
  return event;
}

Status push_one(Reassembler& reassembler, const std::uint8_t* in, const std::string& payload) {
  switch (in[0] & 7) {
    case 0:
      return reassembler.push(make_close(in[1] & 7, in[2], in[3]));
    case 1:
      return reassembler.push(make_peer(in[1] & 7, in[2] & 3));
    case 2:
      return reassembler.push(make_connection(1 + (in[2] & 3), ST_CONNECTION_CLOSED));
    case 3:
      return reassembler.advance(1'000'000ULL * in[6] * in[2]);
    case 6:
      return reassembler.push(
          make_window(in[1] & 7, static_cast<st_window_kind>(in[4] % 3), in[2], in[3]));
    case 7:
      if ((in[4] & 1) == 0) return reassembler.push(make_process(ST_EVENT_EXIT, 100));
      reassembler.mute(in[2] & 3);
      return {};
    default:
      return reassembler.push(event_of(in, payload));
  }
}

}  // namespace

std::vector<std::string> make_seeds() {
  return {std::string("\x04\x01\x00\x05\x00\x01\x01\x00\x04\x01\x05\x05\x00\x01\x01\x00", 16),
          std::string("\x04\x01\x20\x05\x00\x01\x01\x00\x04\x01\x00\x20\x00\x01\x01\x00", 16),
          std::string("\x04\x81\x00\x05\x03\x07\x01\x00\x00\x01\xff\xff\x00\x00\x00\x00", 16),
          std::string("\x06\x01\x05\x02\x01\x00\x00\x00\x04\x01\x05\x05\x00\x01\x01\x00", 16),
          std::string("\x07\x00\x01\x00\x01\x00\x00\x00\x01\x01\x01\x00\x00\x00\x00\x00", 16)};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kEventBytes = 8;
  const ReassemblerLimits limits{
      .max_objects = 4, .max_held_bytes = 512, .max_held_per_stream = 300};
  JoinChecker checker;
  Reassembler reassembler(checker, limits);
  const std::string payload(256, 'p');
  if (size >= kEventBytes) count_accepted();
  for (; size >= kEventBytes; data += kEventBytes, size -= kEventBytes) {
    if (!push_one(reassembler, data, payload)) std::abort();
    if (reassembler.held_bytes() > limits.max_held_bytes) std::abort();
    if (reassembler.objects() > limits.max_objects) std::abort();
  }
  if (!reassembler.finish() || reassembler.held_bytes() != 0) std::abort();
  return 0;
}
