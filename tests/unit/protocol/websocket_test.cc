// SPDX-License-Identifier: Apache-2.0
// Conversations in WebSocket, cut everywhere.
#include <gtest/gtest.h>

#include "tests/unit/protocol/describe.h"
#include "tests/unit/protocol/websocket_builder.h"

namespace scopetrace {
namespace {

using Opcode = WebSocketOpcode;

const std::string kAsk = "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n";
const std::string kMask("\x11\x22\x33\x44", 4);

std::string accepted(const std::string& extensions = "") {
  return "HTTP/1.1 101 Switching\r\nUpgrade: WebSocket\r\n" +
         (extensions.empty() ? "" : "Sec-WebSocket-Extensions: " + extensions + "\r\n") + "\r\n";
}

std::string from_client(Opcode opcode, const std::string& payload, unsigned bits = kFinal) {
  return websocket_frame(opcode, bits, payload, kMask);
}
std::string from_server(Opcode opcode, const std::string& payload, unsigned bits = kFinal) {
  return websocket_frame(opcode, bits, payload);
}

std::string describe_messages(const Dissection& dissection) {
  constexpr const char* kKinds[] = {"text", "binary", "ping", "pong", "close"};
  std::string out;
  for (const auto& message : dissection.recorder.all<WebSocketMessage>()) {
    out += message.key.direction == ST_EGRESS ? "> " : "< ";
    out += kKinds[static_cast<int>(message.kind)];
    out += " " + describe(message.body);
    out += message.close_code == 0 ? "\n" : " code " + std::to_string(message.close_code) + "\n";
  }
  return out + "raw " + std::to_string(dissection.raw_bytes());
}

struct WebSocketCase {
  const char* name;
  std::string answer;
  std::vector<std::string> client;
  std::vector<std::string> server;
  std::string expected;
};

void PrintTo(const WebSocketCase& c, std::ostream* out) { *out << c.name; }

class WebSocketTest : public testing::TestWithParam<WebSocketCase> {
 protected:
  static std::string run(std::size_t chunk_bytes, bool is_inbound = false) {
    const WebSocketCase& c = GetParam();
    Dissection dissection(chunk_bytes);
    const auto client = [&](const std::string& call) {
      is_inbound ? dissection.in(call) : dissection.out(call);
    };
    const auto server = [&](const std::string& call) {
      is_inbound ? dissection.out(call) : dissection.in(call);
    };
    client(kAsk);
    server(c.answer + (c.server.empty() ? "" : c.server[0]));  // in one call with the answer
    for (const std::string& call : c.client) client(call);
    for (std::size_t i = 1; i < c.server.size(); ++i) server(c.server[i]);
    dissection.close().finish();
    EXPECT_EQ(dissection.exchanges().size(), 1U);
    EXPECT_EQ(dissection.exchanges()[0].response->status, 101U);
    EXPECT_EQ(dissection.counters.memory_bytes, 0U);
    return describe_messages(dissection);
  }
};

TEST_P(WebSocketTest, GivesTheExpectedMessages) {
  EXPECT_EQ(run(ST_CHUNK_BYTES), GetParam().expected);
}

TEST_P(WebSocketTest, GivesTheSameForEveryCut) {
  for (std::size_t bytes = 1; bytes < 80; ++bytes) {
    EXPECT_EQ(run(bytes), GetParam().expected) << "chunks of " << bytes;
  }
}

WebSocketCase deflated_case(const char* name, const std::string& extensions, bool keeps_window) {
  MessageDeflater one, other;
  const std::string first = one.deflate("hello hello");
  const std::string second = (keeps_window ? one : other).deflate("hello hello");
  const auto told = [](const std::string& payload) {
    return "text 1|hello hello|" + std::to_string(payload.size()) + "|11|\n";
  };
  return {name,
          accepted(extensions),
          {},
          {from_server(Opcode::kText, first.substr(0, 3), kCompressed) +
               from_server(Opcode::kPing, "") + from_server(Opcode::kContinuation, first.substr(3)),
           from_server(Opcode::kText, "plain"),
           from_server(Opcode::kText, second, kFinal | kCompressed)},
          "< ping 1||0|0|\n< " + told(first) + "< text 1|plain|5|5|\n< " + told(second) + "raw 0"};
}

INSTANTIATE_TEST_SUITE_P(
    Conversations, WebSocketTest,
    testing::Values(
        WebSocketCase{"TextAndBinary",
                      accepted(),
                      {from_client(Opcode::kText, "{\"a\":1}") +
                       from_client(Opcode::kBinary, std::string("\0\1\xff", 3))},
                      {from_server(Opcode::kText, "hi")},
                      "< text 1|hi|2|2|\n> text 1|{\"a\":1}|7|7|\n> binary 1|" +
                          std::string("\0\1\xff", 3) + "|3|3|\nraw 0"},
        WebSocketCase{"Lengths",
                      accepted(),
                      {from_client(Opcode::kText, std::string(126, 'a')),
                       from_client(Opcode::kText, std::string(5000, 'b'))},
                      {from_server(Opcode::kText, std::string(70'000, 'c'))},
                      "< text 1|" + std::string(70'000, 'c') + "|70000|70000|\n> text 1|" +
                          std::string(126, 'a') + "|126|126|\n> text 1|" + std::string(5000, 'b') +
                          "|5000|5000|\nraw 0"},
        WebSocketCase{"FragmentsWithControlBetween",
                      accepted(),
                      {from_client(Opcode::kText, "one ", 0) + from_client(Opcode::kPing, "p") +
                       from_client(Opcode::kContinuation, "two ", 0) +
                       from_client(Opcode::kContinuation, "", 0) +
                       from_client(Opcode::kContinuation, "three")},
                      {from_server(Opcode::kPong, "p")},
                      "< pong 1|p|1|1|\n> ping 1|p|1|1|\n> text 1|one two three|13|13|\nraw 0"},
        WebSocketCase{"Close",
                      accepted(),
                      {from_client(Opcode::kClose, big_endian(1000, 2) + "bye")},
                      {from_server(Opcode::kClose, "")},
                      "< close 1||0|0|\n> close 1|bye|5|3| code 1000\nraw 0"},
        WebSocketCase{"BrokenOff",
                      accepted(),
                      {from_client(Opcode::kText, "begin", 0)},
                      {},
                      "> text 2|begin|5|5|message broke off\nraw 0"},
        deflated_case("DeflatedWindowKept", "permessage-deflate", true),
        deflated_case("DeflatedWindowNotKept",
                      "x-other, permessage-deflate; server_no_context_takeover", false),
        WebSocketCase{"ClientWithoutMask",
                      accepted(),
                      {from_server(Opcode::kText, "no") + "rest"},
                      {from_server(Opcode::kText, "yes")},
                      "< text 1|yes|3|3|\nraw 6"},
        WebSocketCase{"ContinuationOfNothing",
                      accepted(),
                      {from_client(Opcode::kContinuation, "")},
                      {},
                      "raw 0"},
        WebSocketCase{"CompressedWithoutExtension",
                      accepted(),
                      {},
                      {from_server(Opcode::kText, "x", kFinal | kCompressed) + "rest"},
                      "raw 5"},
        WebSocketCase{"ReservedBits", accepted(), {}, {"\xb1\x01xrest"}, "raw 7"},
        WebSocketCase{
            "LongControl", accepted(), {}, {std::string("\x89\x7e\x01\x00", 4)}, "raw 4"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(WebSocketSidesTest, KnowsTheClientOfAnInboundConnection) {
  Dissection dissection;
  dissection.in(kAsk).out(accepted() + from_server(Opcode::kText, "s"));
  dissection.in(from_client(Opcode::kText, "c")).close().finish();
  EXPECT_EQ(describe_messages(dissection), "> text 1|s|1|1|\n< text 1|c|1|1|\nraw 0");
}

TEST(WebSocketGapTest, CountsOnInsideAPayload) {
  Dissection dissection;
  const std::string first = from_client(Opcode::kText, "0123456789");
  dissection.out(kAsk).in(accepted()).out(first.substr(0, 8)).lose(ST_EGRESS, 5);
  dissection.out(first.substr(13) + from_client(Opcode::kText, "next")).pass(1'000'000'000);
  dissection.close().finish();
  EXPECT_EQ(describe_messages(dissection), "> text 3||10|0|gap\n> text 1|next|4|4|\nraw 0");
}

TEST(WebSocketGapTest, GivesTheDirectionUpWhereAFrameEndsInAGap) {
  Dissection dissection;
  dissection.out(kAsk).in(accepted()).out(from_client(Opcode::kText, "01", 0));
  dissection.lose(ST_EGRESS, 9).out(from_client(Opcode::kText, "x")).pass(1'000'000'000);
  dissection.in(from_server(Opcode::kText, "y")).close().finish();
  EXPECT_EQ(describe_messages(dissection), "> text 3||2|0|gap\n< text 1|y|1|1|\nraw 7");
  EXPECT_EQ(dissection.counters.resyncs, 1U);
}

TEST(WebSocketGapTest, DecodesNothingBehindAGapInAKeptWindow) {
  MessageDeflater deflater;
  const std::string first =
      from_server(Opcode::kText, deflater.deflate("hello hello"), kFinal | kCompressed);
  const std::string second =
      from_server(Opcode::kText, deflater.deflate("hello"), kFinal | kCompressed);
  Dissection dissection;
  dissection.out(kAsk).in(accepted("permessage-deflate")).in(first.substr(0, 4));
  dissection.lose(ST_INGRESS, 2).in(first.substr(6) + second).pass(1'000'000'000).close().finish();
  const auto messages = dissection.recorder.all<WebSocketMessage>();
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0].body.reason, "gap");
  EXPECT_EQ(messages[1].body.reason, "gap");
  EXPECT_EQ(messages[1].body.content, "");
}

TEST(WebSocketLimitTest, KeepsTheBeginOfALongMessageAndRefusesBombs) {
  MessageDeflater deflater;
  const std::string bomb = deflater.deflate(std::string(20 << 20, 'x'));
  Dissection dissection;
  dissection.out(kAsk).in(accepted("permessage-deflate"));
  for (int i = 0; i < 40; ++i) {
    dissection.in(from_server(i == 0 ? Opcode::kText : Opcode::kContinuation,
                              std::string(16'000, 'y'), i == 39 ? kFinal : 0));
  }
  dissection.in(from_server(Opcode::kText, bomb, kFinal | kCompressed)).close().finish();
  const auto messages = dissection.recorder.all<WebSocketMessage>();
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0].body.state, BodyState::kCut);
  EXPECT_EQ(messages[0].body.content.size(), kMaxBodyBytes);
  EXPECT_EQ(messages[0].body.wire_bytes, 640'000U);
  EXPECT_EQ(messages[1].body.reason, "broken or too long when decompressed");
  EXPECT_LT(dissection.counters.peak_memory_bytes, std::size_t{1} << 20);
}

// Both directions of a conversation say on which side the target is.
TEST(WebSocketSideTest, SaysWhetherTheTargetIsTheServer) {
  for (const bool is_server : {false, true}) {
    Dissection dissection(ST_CHUNK_BYTES);
    const std::string calls[] = {kAsk, accepted(), from_client(Opcode::kText, "a"),
                                 from_server(Opcode::kPing, "b")};
    for (std::size_t i = 0; i < std::size(calls); ++i) {
      const bool is_by_client = i % 2 == 0;
      is_by_client == is_server ? dissection.in(calls[i]) : dissection.out(calls[i]);
    }
    dissection.close().finish();
    const auto messages = dissection.recorder.all<WebSocketMessage>();
    ASSERT_EQ(messages.size(), 2U);
    for (const WebSocketMessage& message : messages) EXPECT_EQ(message.inbound, is_server);
  }
}

}  // namespace
}  // namespace scopetrace
