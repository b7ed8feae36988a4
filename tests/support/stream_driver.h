// SPDX-License-Identifier: Apache-2.0
// What the fuzzers of the dissector share. An input is pieces {control, length, bytes…} of one TLS
// object in both directions; control says direction (1), call boundary (2), gap before it (4) and
// its size (upper bits).
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "tests/support/fuzz_target.h"
#include "userspace/protocol/dissector.h"
#include "userspace/protocol/message.h"

namespace scopetrace::testing {

// Aborts on a message that breaks what message.h promises.
class MessageChecker final : public MessageSink {
 public:
  Status push(Message message) override {
    if (const auto* exchange = std::get_if<HttpExchange>(&message)) {
      if (!exchange->request && !exchange->response) std::abort();
      if (exchange->request) check(exchange->request->body);
      if (exchange->response) check(exchange->response->body);
    } else if (const auto* told = std::get_if<WebSocketMessage>(&message)) {
      check(told->body);
    } else if (const auto* raw = std::get_if<RawStreamData>(&message)) {
      if (raw->length_bytes == 0 || raw->content.size() != raw->length_bytes) std::abort();
      raw_bytes += raw->length_bytes;
    }
    return {};
  }
  Status finish() override { return {}; }
  std::uint64_t raw_bytes = 0;

 private:
  static void check(const HttpBody& body) {
    if (body.content.size() > kMaxBodyBytes) std::abort();
    if (body.state == BodyState::kUndecodable && !body.content.empty()) std::abort();
    if (body.state == BodyState::kNone && body.wire_bytes != 0) std::abort();
    if (body.state == BodyState::kComplete && body.content.size() != body.decoded_bytes) {
      std::abort();
    }
  }
};

// Reads pieces from the input and pushes them.
class StreamDriver {
 public:
  explicit StreamDriver(Sink<StreamItem>& dissector) : dissector_(dissector) {}

  void run(Bytes input) {
    while (input.size() >= 2) {
      const auto control = std::to_integer<unsigned>(input[0]);
      const auto length =
          std::min<std::size_t>(std::to_integer<unsigned>(input[1]), input.size() - 2);
      push_piece(control, input.subspan(2, length));
      input = input.subspan(2 + length);
    }
    if (!dissector_.finish()) std::abort();
  }
  // A call of either direction, whole.
  void call(st_direction direction, std::string_view bytes) {
    push_piece(2U | direction, as_bytes(bytes));
  }
  std::uint64_t pushed_bytes = 0;

 private:
  void push_piece(unsigned control, Bytes data) {
    const StreamKey key{1, static_cast<st_direction>(control & 1)};
    const Origin origin{++time_ns_, 1, 1};
    const std::uint64_t missing = 1 + (control >> 3);
    if ((control & 4) != 0) {
      push(StreamGap{key, 0, position_[key.direction], missing, GapCause::kDropped, origin});
      position_[key.direction] += missing;
    }
    if (data.empty()) return;
    push(StreamChunk{key, 0, position_[key.direction], origin, data, (control & 2) != 0});
    position_[key.direction] += data.size();
    pushed_bytes += data.size();
  }
  void push(StreamItem item) {
    if (!dissector_.push(std::move(item))) std::abort();
  }

  Sink<StreamItem>& dissector_;
  std::uint64_t position_[2] = {};
  std::uint64_t time_ns_ = 0;
};

// A piece of a seed; at most 255 bytes.
inline std::string stream_piece(char control, const std::string& data) {
  return std::string{control, static_cast<char>(data.size())} + data;
}

// Dissects an input behind what `begin` pushes, and checks what holds of any. Returns the counters.
template <class Begin>
DissectorCounters fuzz_dissector(Bytes input, const Begin& begin) {
  MessageChecker checker;
  DissectorCounters counters;
  const auto dissector = make_dissector(checker, &counters);
  StreamDriver driver(*dissector);
  begin(driver);
  driver.run(input);
  if (counters.memory_bytes != 0) std::abort();
  if (checker.raw_bytes != counters.unparsed_bytes) std::abort();
  if (counters.parsed_bytes + counters.unparsed_bytes > driver.pushed_bytes) std::abort();
  return counters;
}

}  // namespace scopetrace::testing
