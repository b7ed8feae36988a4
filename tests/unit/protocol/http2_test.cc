// SPDX-License-Identifier: Apache-2.0
// Conversations in HTTP/2, cut everywhere.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "tests/support/deflate.h"
#include "tests/support/http2_builder.h"
#include "tests/unit/protocol/describe.h"

namespace scopetrace {
namespace {

using ::testing::HasSubstr;
using Type = Http2FrameType;

const std::string kPreface(kHttp2Preface);
const std::string kRequestFields = " :scheme=https :authority=api.example";

std::string padded(std::string_view content, unsigned char padding) {
  return std::string(1, static_cast<char>(padding)) + std::string(content) +
         std::string(padding, '\0');
}

// A conversation, its calls in the order in which they were made, and the exchanges of it.
struct Call {
  st_direction direction;
  std::string bytes;
};
struct Http2Case {
  const char* name;
  std::vector<Call> calls;
  std::vector<std::string> expected;
};

class CaseMaker {
 public:
  explicit CaseMaker(const char* name) : case_{name, {}, {}} {}
  // One call. In braces, so that the parts are made in order: they share an encoder.
  CaseMaker& out(const std::vector<std::string>& parts) { return add(ST_EGRESS, parts); }
  CaseMaker& in(const std::vector<std::string>& parts) { return add(ST_INGRESS, parts); }
  CaseMaker& gives(const std::string& exchange) {
    case_.expected.push_back(exchange);
    return *this;
  }
  Http2Case made() const { return case_; }

  Http2Builder client;
  Http2Builder server;

 private:
  CaseMaker& add(st_direction direction, const std::vector<std::string>& parts) {
    case_.calls.push_back({direction, std::accumulate(parts.begin(), parts.end(), std::string())});
    return *this;
  }
  Http2Case case_;
};

Http2Case one_exchange() {
  CaseMaker c("OneExchange");
  c.out({kPreface, http2_settings(), c.client.get(1, "/a?b=c", {{"accept", "*/*"}})});
  c.in({http2_settings(), http2_frame(Type::kSettings, kAck, 0), c.server.ok(1, "hello")});
  c.gives("outcome 0 GET /a?b=c" + kRequestFields + " accept=*/* 0||0|0| 200 1|hello|5|5|");
  return c.made();
}

Http2Case interleaved() {
  CaseMaker c("Interleaved");
  c.out({kPreface, http2_settings(), c.client.post(1, "/1", "one"), c.client.get(3, "/3")});
  const std::string first = c.server.headers(1, {{":status", "201"}});
  const std::string third = c.server.headers(3, {{":status", "404"}});
  c.in({http2_settings(), first, third, Http2Builder::data(1, "a"), Http2Builder::data(3, "x"),
        Http2Builder::data(1, "b"), Http2Builder::data(3, "y", kEndStream)});
  c.in({Http2Builder::data(1, "c", kEndStream)});
  c.gives("outcome 0 GET /3" + kRequestFields + " 0||0|0| 404 1|xy|2|2|");
  c.gives("outcome 0 POST /1" + kRequestFields + " 1|one|3|3| 201 1|abc|3|3|");
  return c.made();
}

Http2Case padding_and_priority() {
  CaseMaker c("PaddingAndPriority");
  const std::string block = c.client.block({{":method", "PUT"}, {":path", "/p"}});
  const std::string priority("\x80\0\0\0\x10", 5);
  c.out({kPreface, http2_settings(),
         http2_frame(Type::kHeaders, kEndHeaders | kPadded | kHasPriority, 1,
                     padded(priority + block, 9)),
         http2_frame(Type::kData, kPadded, 1, padded("12", 255)),
         http2_frame(Type::kPriority, 0, 1, priority),
         http2_frame(Type::kData, kPadded | kEndStream, 1, padded("34", 0))});
  c.in({http2_settings(), c.server.headers(1, {{":status", "204"}}, kEndStream)});
  c.gives("outcome 0 PUT /p 1|1234|4|4| 204 0||0|0|");
  return c.made();
}

Http2Case continuations() {
  CaseMaker c("Continuations");
  const std::string block =
      c.client.block({{":method", "GET"}, {":path", "/c"}, {"x-long", "abc"}});
  c.out({kPreface, http2_settings(), http2_frame(Type::kHeaders, kEndStream, 1, block.substr(0, 1)),
         http2_frame(Type::kContinuation, 0, 1, block.substr(1, 3)),
         http2_frame(Type::kContinuation, 0, 1),
         http2_frame(Type::kContinuation, kEndHeaders, 1, block.substr(4))});
  c.in({http2_settings(), c.server.ok(1, ".")});
  c.gives("outcome 0 GET /c x-long=abc 0||0|0| 200 1|.|1|1|");
  return c.made();
}

Http2Case interim_and_trailers() {
  CaseMaker c("InterimAndTrailers");
  c.out({kPreface, http2_settings(), c.client.post(1, "/t", "x")});
  c.in(
      {http2_settings(), c.server.headers(1, {{":status", "100"}}),
       c.server.headers(1, {{":status", "103"}, {"link", "</s>"}}),
       c.server.headers(1, {{":status", "200"}}), Http2Builder::data(1, "body"),
       c.server.headers(1, {{"grpc-status", "5"}, {"grpc-message", "no such thing"}}, kEndStream)});
  c.gives("outcome 0 POST /t" + kRequestFields +
          " 1|x|1|1| 200 1|body|4|4| trailers grpc-status=5 grpc-message=no such thing");
  return c.made();
}

Http2Case coded_body() {
  CaseMaker c("CodedBody");
  const std::string coded = deflated("hello hello", kGzipBits);
  c.out({kPreface, http2_settings(), c.client.get(1, "/z")});
  c.in({http2_settings(), c.server.ok(1, coded, {{"content-encoding", "gzip"}})});
  c.gives("outcome 0 GET /z" + kRequestFields +
          " 0||0|0| 200 content-encoding=gzip 1|hello hello|" + std::to_string(coded.size()) +
          "|11|");
  return c.made();
}

Http2Case push() {
  CaseMaker c("ServerPush");
  c.out({kPreface, http2_settings(), c.client.get(1, "/")});
  const std::string promise = c.server.block({{":method", "GET"}, {":path", "/style.css"}});
  c.in({http2_settings(),
        http2_frame(Type::kPushPromise, kEndHeaders, 1, big_endian(2, 4) + promise),
        c.server.ok(1, "page"), c.server.ok(2, "style")});
  c.gives("outcome 0 GET /" + kRequestFields + " 0||0|0| 200 1|page|4|4|");
  c.gives("outcome 0 GET /style.css 0||0|0| 200 1|style|5|5|");
  return c.made();
}

Http2Case resets() {
  CaseMaker c("Resets");
  c.out({kPreface, http2_settings(), c.client.get(1, "/1"), c.client.get(3, "/3"),
         c.client.post(5, "/5", "all"), c.client.headers(7, {{":method", "POST"}, {":path", "/7"}}),
         Http2Builder::data(7, "begin")});
  c.in({http2_settings(), http2_frame(Type::kRstStream, 0, 1, big_endian(7, 4)),
        c.server.headers(3, {{":status", "200"}}), Http2Builder::data(3, "half"),
        c.server.headers(7, {{":status", "413"}}, kEndStream),
        http2_frame(Type::kRstStream, 0, 7, big_endian(0, 4))});
  c.out({http2_frame(Type::kRstStream, 0, 3, big_endian(8, 4)),
         http2_frame(Type::kRstStream, 0, 5, big_endian(8, 4))});
  c.in({Http2Builder::data(3, "late", kEndStream)});  // was under way
  c.gives("outcome 1 GET /1" + kRequestFields + " 0||0|0|");
  c.gives("outcome 0 POST /7 2|begin|5|5|message broke off 413 0||0|0|");
  c.gives("outcome 1 GET /3" + kRequestFields + " 0||0|0| 200 2|half|4|4|message broke off");
  c.gives("outcome 2 POST /5" + kRequestFields + " 1|all|3|3|");
  return c.made();
}

Http2Case going_away() {
  CaseMaker c("GoingAway");
  c.out({kPreface, http2_settings(), c.client.get(1, "/1"), c.client.get(3, "/3")});
  c.in({http2_settings(), http2_frame(Type::kGoAway, 0, 0, big_endian(1, 4) + big_endian(0, 4)),
        c.server.ok(1, "last")});
  c.gives("outcome 1 GET /3" + kRequestFields + " 0||0|0|");
  c.gives("outcome 0 GET /1" + kRequestFields + " 0||0|0| 200 1|last|4|4|");
  return c.made();
}

Http2Case unanswered() {
  CaseMaker c("Unanswered");
  c.out({kPreface, http2_settings(), c.client.get(1, "/")});
  c.gives("outcome 2 GET /" + kRequestFields + " 0||0|0|");
  return c.made();
}

Http2Case extensions_and_connection_frames() {
  CaseMaker c("FramesWithoutMessages");
  const auto unknown = static_cast<Type>(0x5a);
  c.out({kPreface, http2_settings(big_endian(1, 2) + big_endian(65536, 4)),
         http2_frame(Type::kWindowUpdate, 0, 0, big_endian(65535, 4)),
         http2_frame(unknown, 0xff, 9, "grease"), c.client.get(1, "/"),
         http2_frame(Type::kPing, 0, 0, "12345678")});
  c.in({http2_settings(), http2_frame(Type::kPing, kAck, 0, "12345678"), http2_frame(unknown, 0, 0),
        c.server.ok(1, ".")});
  c.gives("outcome 0 GET /" + kRequestFields + " 0||0|0| 200 1|.|1|1|");
  return c.made();
}

Http2Case changing_tables() {
  CaseMaker c("ChangingTables");
  c.out({kPreface, http2_settings(), c.client.get(1, "/1", {{"x-a", "1"}})});
  c.client.resize(0);
  c.out({c.client.get(3, "/3", {{"x-a", "1"}})});
  c.client.resize(4096);
  c.out({c.client.get(5, "/5", {{"x-a", "1"}}), c.client.get(7, "/7", {{"x-a", "1"}})});
  c.in({http2_settings()});
  for (const std::uint32_t stream : {1U, 3U, 5U, 7U}) {
    c.in({c.server.ok(stream, ".")});
    c.gives("outcome 0 GET /" + std::to_string(stream) + kRequestFields +
            " x-a=1 0||0|0| 200 1|.|1|1|");
  }
  return c.made();
}

Http2Case connect() {
  CaseMaker c("Connect");
  c.out({kPreface, http2_settings(),
         c.client.headers(1, {{":method", "CONNECT"}, {":authority", "h:1"}})});
  c.in({http2_settings(), c.server.headers(1, {{":status", "502"}}, kEndStream),
        http2_frame(Type::kRstStream, 0, 1, big_endian(0, 4))});
  c.gives("outcome 0 CONNECT h:1 :authority=h:1 0||0|0| 502 0||0|0|");
  return c.made();
}

Http2Case upgraded() {
  CaseMaker c("UpgradedFromHttp1");
  c.out(
      {"GET /u HTTP/1.1\r\nHost: api.example\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"});
  c.in({"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n", http2_settings(), c.server.ok(1, "up")});
  c.out({kPreface, http2_settings(), c.client.get(3, "/3")});
  c.in({c.server.ok(3, "3")});
  c.gives(
      "outcome 0 GET /u Host=api.example Upgrade=h2c HTTP2-Settings=AAMAAABk 0||0|0| "
      "200 1|up|2|2|");
  c.gives("outcome 0 GET /3" + kRequestFields + " 0||0|0| 200 1|3|1|1|");
  return c.made();
}

Http2Case never_indexed() {
  CaseMaker c("NeverIndexed");
  c.out({kPreface, http2_settings(), c.client.get(1, "/", {{"x-key", "k", true}})});
  c.in({http2_settings(), c.server.ok(1, ".")});
  c.gives("outcome 0 GET /" + kRequestFields + " x-key=k! 0||0|0| 200 1|.|1|1|");
  return c.made();
}

void PrintTo(const Http2Case& c, std::ostream* out) { *out << c.name; }

class Http2ConversationTest : public testing::TestWithParam<Http2Case> {
 protected:
  static std::string run(std::size_t chunk_bytes, bool is_call_cut = false) {
    Dissection dissection(chunk_bytes);
    for (const Call& call : GetParam().calls) {
      const std::size_t piece = is_call_cut ? chunk_bytes : call.bytes.size();
      for (std::size_t at = 0; at < call.bytes.size(); at += piece) {
        const std::string part = call.bytes.substr(at, piece);
        call.direction == ST_EGRESS ? dissection.out(part) : dissection.in(part);
      }
    }
    dissection.close().finish();
    EXPECT_EQ(dissection.counters.memory_bytes, 0U);
    return describe_all(dissection);
  }
};

TEST_P(Http2ConversationTest, GivesTheExpectedExchanges) {
  std::string expected;
  for (const std::string& each : GetParam().expected) expected += each + "\n";
  EXPECT_EQ(run(ST_CHUNK_BYTES), expected + "raw 0");
}

TEST_P(Http2ConversationTest, GivesTheSameForEveryCut) {
  const std::string whole = run(ST_CHUNK_BYTES);
  for (std::size_t bytes = 1; bytes < 80; ++bytes) {
    EXPECT_EQ(run(bytes), whole) << "chunks of " << bytes;
    EXPECT_EQ(run(bytes, true), whole) << "calls of " << bytes;
  }
}

INSTANTIATE_TEST_SUITE_P(Conversations, Http2ConversationTest,
                         testing::Values(one_exchange(), interleaved(), padding_and_priority(),
                                         continuations(), interim_and_trailers(), coded_body(),
                                         push(), resets(), going_away(), unanswered(),
                                         extensions_and_connection_frames(), changing_tables(),
                                         connect(), upgraded(), never_indexed()),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace scopetrace
