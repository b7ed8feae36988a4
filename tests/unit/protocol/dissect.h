// SPDX-License-Identifier: Apache-2.0
// Runs calls of a TLS object through reassembler and dissector and keeps the messages.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/event_builder.h"
#include "userspace/protocol/dissector.h"
#include "userspace/protocol/message.h"
#include "userspace/stream/reassembler.h"

namespace scopetrace {

// Keeps every message.
class MessageRecorder final : public MessageSink {
 public:
  Status push(Message message) override {
    messages.push_back(std::move(message));
    return {};
  }
  Status finish() override { return {}; }

  template <class Kind>
  std::vector<Kind> all() const {
    std::vector<Kind> out;
    for (const Message& message : messages) {
      if (const Kind* kind = std::get_if<Kind>(&message)) out.push_back(*kind);
    }
    return out;
  }

  std::vector<Message> messages;
};

// One target with one TLS object by default; requests go out unless said otherwise.
class Dissection {
 public:
  explicit Dissection(std::size_t chunk_bytes = ST_CHUNK_BYTES, ReassemblerLimits limits = {})
      : chunk_bytes_(chunk_bytes), reassembler_(*dissector_, limits) {}

  Dissection& out(std::string_view call) { return call_on(ST_EGRESS, call); }
  Dissection& in(std::string_view call) { return call_on(ST_INGRESS, call); }
  Dissection& lose(st_direction direction, std::uint64_t missing_bytes) {
    position_[direction] += missing_bytes;
    return *this;
  }
  Dissection& window(st_window_kind kind) {
    return event(make_window(7, kind, position_[ST_EGRESS], position_[ST_INGRESS]));
  }
  Dissection& event(Event event) {
    status = reassembler_.push(std::move(event));
    return *this;
  }
  Dissection& close() { return event(make_close(7, position_[0], position_[1])); }
  Dissection& finish() {
    status = reassembler_.finish();
    return *this;
  }
  Dissection& pass(std::uint64_t now_ns) {
    status = reassembler_.advance(now_ns);
    return *this;
  }

  std::vector<HttpExchange> exchanges() const { return recorder.all<HttpExchange>(); }
  std::uint64_t raw_bytes() const {
    std::uint64_t total = 0;
    for (const RawStreamData& raw : recorder.all<RawStreamData>()) total += raw.length_bytes;
    return total;
  }

  MessageRecorder recorder;
  DissectorCounters counters;
  Status status;

 private:
  Dissection& call_on(st_direction direction, std::string_view call) {
    time_ns_ += 1000;
    for (std::size_t offset = 0; offset < call.size(); offset += chunk_bytes_) {
      TlsCallBuilder chunk(call.substr(offset, chunk_bytes_));
      chunk.at(position_[direction]).direction(direction).time(time_ns_);
      chunk.part(static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(call.size()));
      event(chunk.event());
    }
    position_[direction] += call.size();
    return *this;
  }

  std::size_t chunk_bytes_;
  std::unique_ptr<Sink<StreamItem>> dissector_ = make_dissector(recorder, &counters);
  Reassembler reassembler_;
  std::uint64_t position_[2] = {};
  std::uint64_t time_ns_ = 1'000'000;
};

}  // namespace scopetrace
