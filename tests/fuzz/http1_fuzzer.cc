// SPDX-License-Identifier: Apache-2.0
// Input: pieces {control, length, bytes…} of one TLS object in both directions; control says
// direction (1), call boundary (2), gap before it (4) and its size (upper bits). Property: memory
// is bounded, every exchange holds a message, lengths are consistent, and each byte pushed is
// counted as parsed or unparsed at the end of the stream, never more than once.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/support/fuzz_target.h"
#include "userspace/protocol/dissector.h"
#include "userspace/protocol/message.h"

namespace {

using namespace scopetrace;

void check(const HttpBody& body) {
  if (body.content.size() > kMaxBodyBytes) std::abort();
  if (body.state == BodyState::kUndecodable && !body.content.empty()) std::abort();
  if (body.state == BodyState::kNone && body.wire_bytes != 0) std::abort();
  if (body.state == BodyState::kComplete && body.content.size() != body.decoded_bytes) std::abort();
}

class Checker final : public MessageSink {
 public:
  Status push(Message message) override {
    if (const auto* exchange = std::get_if<HttpExchange>(&message)) {
      if (!exchange->request && !exchange->response) std::abort();
      if (exchange->request) check(exchange->request->body);
      if (exchange->response) check(exchange->response->body);
    } else if (const auto* raw = std::get_if<RawStreamData>(&message)) {
      if (raw->length_bytes == 0 || raw->content.size() != raw->length_bytes) std::abort();
      raw_bytes += raw->length_bytes;
    }
    return {};
  }
  Status finish() override { return {}; }
  std::uint64_t raw_bytes = 0;
};

// Reads pieces from the input and pushes them.
class Driver {
 public:
  explicit Driver(Sink<StreamItem>& dissector) : dissector_(dissector) {}

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

std::string piece(char control, const std::string& data) {
  return std::string{control, static_cast<char>(data.size())} + data;
}

}  // namespace

std::vector<std::string> make_seeds() {
  const std::string get = piece(2, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string head = "HTTP/1.1 200 OK\r\n";
  return {
      get + piece(3, head + "Content-Length: 5\r\n\r\nhello"),
      get + piece(3, head + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
      get + piece(3, head + "Content-Length: 9\r\n\r\nhe") + piece(5 + 8 * 2, "hello"),
      get + piece(3, "HTTP/1.1 100 C\r\n\r\n") + piece(1, head + "\r\nuntil close"),
      piece(2, "CONNECT a:1 HTTP/1.1\r\n\r\n") + piece(3, head + "\r\nx") + piece(2, "raw"),
      piece(2, "HEAD / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n") + piece(3, head + "\r\n" + head),
      piece(3, "POST / HTTP/1.1\nContent-Length: 2\n\nab") + piece(2, "HTTP/1.1 101 S\r\n\r\nws"),
  };
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Checker checker;
  DissectorCounters counters;
  const auto dissector = make_dissector(checker, &counters);
  Driver driver(*dissector);
  driver.run(Bytes(reinterpret_cast<const std::byte*>(data), size));
  if (counters.peak_memory_bytes > 4096 + 64 * (size + 64 * 1024)) std::abort();
  if (counters.memory_bytes != 0) std::abort();
  if (counters.parsed_bytes != 0) count_accepted();
  if (checker.raw_bytes != counters.unparsed_bytes) std::abort();
  if (counters.parsed_bytes + counters.unparsed_bytes > driver.pushed_bytes) std::abort();
  return 0;
}
