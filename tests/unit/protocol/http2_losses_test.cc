// SPDX-License-Identifier: Apache-2.0
// HTTP/2 that is joined in the middle, has gaps, or is hostile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/http2_builder.h"
#include "tests/unit/protocol/describe.h"
#include "userspace/protocol/http2_streams.h"

namespace scopetrace {
namespace {

using ::testing::HasSubstr;
using Type = Http2FrameType;

const std::string kPreface(kHttp2Preface);
const std::string kRequestFields = " :scheme=https :authority=api.example";

// A connection whose preface and settings were exchanged.
struct Http2Connected {
  Http2Connected() { dissection.out(kPreface + http2_settings()).in(http2_settings()); }

  Dissection dissection;
  Http2Builder client;
  Http2Builder server;
};

TEST(Http2JoinTest, NamesNothingThatWasSaidBefore) {
  Http2Builder client, server;
  client.get(1, "/before", {{"x-tenant", "acme"}, {"x-trace", "1"}});
  server.ok(1, "", {{"x-kind", "a"}});
  Dissection dissection;

  const std::string get = client.get(3, "/after", {{"x-tenant", "acme"}, {"x-trace", "2"}});
  dissection.out(get).in(server.ok(3, "yes", {{"x-kind", "a"}}));
  const std::string again = client.get(5, "/after", {{"x-trace", "2"}});
  dissection.out(again).in(server.ok(5, "yes"));

  const auto exchanges = dissection.exchanges();
  ASSERT_EQ(exchanges.size(), 2U);
  // The authority, x-tenant with its value, the name of x-trace; x-kind in the answer.
  EXPECT_EQ(describe(exchanges[0]),
            "outcome 0 GET /after :scheme=https <unknown:idx 64>=! <unknown:idx 63>=! "
            "<unknown:idx 62>=2! 0||0|0| 200 <unknown:idx 62>=! 1|yes|3|3|");
  EXPECT_EQ(describe(exchanges[1]),
            "outcome 0 GET /after :scheme=https <unknown:idx 65>=! <unknown:idx 62>=2! 0||0|0| 200 "
            "1|yes|3|3|");
  EXPECT_EQ(dissection.counters.unknown_fields, 6U);
}

TEST(Http2JoinTest, KnowsTheServerByItsAnswerAndSkipsOpenStreams) {
  Http2Builder client, server;
  Dissection dissection;
  client.get(1, "/");
  // The rest of a body, then an answer to a request that was not seen, and trailers of another.
  dissection.in("rest of a body").in(Http2Builder::data(1, "x", kEndStream));
  dissection.in(server.headers(3, {{":status", "404"}}) + Http2Builder::data(3, "no", kEndStream) +
                server.headers(5, {{"grpc-status", "0"}}, kEndStream));
  dissection.out(client.get(7, "/7"));
  dissection.in(server.ok(7, "7")).close().finish();

  EXPECT_EQ(describe_all(dissection),
            "outcome 3 404 1|no|2|2|\n"
            "outcome 0 GET /7 :scheme=https <unknown:idx 62>=! 0||0|0| 200 1|7|1|1|\nraw 24");
  EXPECT_FALSE(dissection.exchanges()[0].inbound);
}

TEST(Http2JoinTest, TakesNoOtherProtocolForFrames) {
  const std::string others[] = {
      std::string("\0\0\0\x2a\0\x12\0\3\0\0\0\1\0\7", 14),       // Kafka
      std::string("\0\0\4\x08\0\3\0\xc\0\0\0\7", 12) + "topic",  // the same, 1032 bytes
      std::string("\0\x1d\xab\1\1\0\0\1\0\0\0\0\0\0\3www", 19),  // DNS over TLS
      std::string("\0\0\0\x08\x04\xd2\x16\x2f", 8),              // PostgreSQL
      std::string("\x3a\0\0\0\1\0\0\0\0\0\0\0\xd4\7\0\0", 16),   // MongoDB
      std::string("\0\0\5\0\0\0\0\0\1hello", 14),                // DATA alone
      "PRI * HTTP/3.0\r\n\r\n",
      "PRIVMSG #a :b\r\n",
  };
  for (const std::string& other : others) {
    Dissection dissection;
    dissection.out(other).in(other).close().finish();
    EXPECT_EQ(dissection.raw_bytes(), 2 * other.size()) << other;
  }
}

TEST(Http2JoinTest, StillTakesPostForHttp1) {
  Dissection dissection(1);
  dissection.out("POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nP").in("HTTP/1.1 204 N\r\n\r\n");
  EXPECT_EQ(describe(dissection.exchanges().at(0)),
            "outcome 0 POST / Content-Length=1 1|P|1|1| 204 0||0|0|");
}

TEST(Http2GapTest, CutsOnlyTheStreamWhoseDataIsMissing) {
  Http2Connected c;
  c.dissection.out(c.client.get(1, "/1")).out(c.client.get(3, "/3"));
  const std::string first = c.server.ok(1, "0123456789");
  c.dissection.in(first.substr(0, first.size() - 7)).lose(ST_INGRESS, 5);
  c.dissection.in(first.substr(first.size() - 2) + c.server.ok(3, "all"));
  c.dissection.pass(1'000'000'000).close().finish();

  EXPECT_EQ(describe_all(c.dissection), "outcome 3 GET /1" + kRequestFields +
                                            " 0||0|0| 200 3||10|0|gap\n" + "outcome 0 GET /3" +
                                            kRequestFields + " 0||0|0| 200 1|all|3|3|\nraw 0");
}

TEST(Http2GapTest, ForgetsTheTableWhereABlockIsMissing) {
  Http2Connected c;
  c.dissection.out(c.client.get(1, "/1", {{"x-a", "1"}})).in(c.server.ok(1, "1"));
  const std::string lost = c.client.get(3, "/3", {{"x-b", "2"}});
  c.dissection.out(lost.substr(0, 12)).lose(ST_EGRESS, 2).out(lost.substr(14));
  const std::string after = c.client.get(5, "/5", {{"x-a", "1"}, {"x-b", "2"}});
  c.dissection.out(after).pass(1'000'000'000);
  c.dissection.in(c.server.ok(3, "3")).in(c.server.ok(5, "5")).close().finish();

  const auto exchanges = c.dissection.exchanges();
  ASSERT_EQ(exchanges.size(), 3U);
  EXPECT_EQ(describe(exchanges[1]), "outcome 3 200 1|3|1|1|");
  EXPECT_EQ(describe(exchanges[2]),
            "outcome 0 GET /5 :scheme=https <unknown:idx 64>=! <unknown:idx 63>=! "
            "<unknown:idx 62>=! 0||0|0| 200 1|5|1|1|");
}

TEST(Http2GapTest, FindsTheFramesAgainAtACall) {
  Http2Connected c;
  c.dissection.out(c.client.get(1, "/1")).in(c.server.headers(1, {{":status", "200"}}));
  c.dissection.in(Http2Builder::data(1, "01234")).lose(ST_INGRESS, 50);
  c.dissection.in("56789").pass(1'000'000'000).out(c.client.get(3, "/3"));
  c.dissection.in(c.server.ok(3, "3")).close().finish();

  EXPECT_EQ(describe_all(c.dissection), "outcome 0 GET /3" + kRequestFields +
                                            " 0||0|0| 200 1|3|1|1|\n" + "outcome 3 GET /1" +
                                            kRequestFields + " 0||0|0| 200 3||5|0|gap\nraw 5");
  EXPECT_EQ(c.dissection.counters.resyncs, 1U);
}

TEST(Http2GapTest, GoesOnWithDataOfAStreamThatIsOpen) {
  Http2Connected c;
  c.dissection.out(c.client.get(1, "/1")).in(c.server.headers(1, {{":status", "200"}}));
  c.dissection.in(Http2Builder::data(1, "01234")).lose(ST_INGRESS, 50);
  c.dissection.in(Http2Builder::data(9, "?")).in(Http2Builder::data(1, "tail", kEndStream));
  c.dissection.pass(1'000'000'000).close().finish();

  EXPECT_EQ(describe_all(c.dissection),
            "outcome 3 GET /1" + kRequestFields + " 0||0|0| 200 3||9|0|gap\nraw 10");
}

// Whatever is missing, what is told is true: fields and bodies are those that were sent.
TEST(Http2GapTest, TellsNothingWrongWhereverBytesAreMissing) {
  Http2Builder client, server;
  std::string out = kPreface + http2_settings();
  for (std::uint32_t stream = 1; stream < 9; stream += 2) {
    out += client.get(stream, "/" + std::to_string(stream), {{"x-a", "1"}});
  }
  std::string in = http2_settings();
  for (std::uint32_t stream = 1; stream < 9; stream += 2) {
    in += server.ok(stream, "body " + std::to_string(stream), {{"x-b", "2"}});
  }
  for (std::size_t at = kPreface.size(); at + 9 < out.size(); ++at) {
    for (const std::size_t missing : {1U, 9U}) {
      Dissection dissection;
      dissection.out(out.substr(0, at)).lose(ST_EGRESS, missing).out(out.substr(at + missing));
      dissection.pass(1'000'000'000).in(in).close().finish();
      for (const HttpExchange& exchange : dissection.exchanges()) {
        if (!exchange.request || !exchange.response) continue;
        const std::string told = describe(exchange);
        const std::string stream = exchange.response->body.content.substr(5);
        const std::string& target = exchange.request->target;
        EXPECT_TRUE(target == "/" + stream || target == "<unknown>") << told;
      }
    }
  }
}

TEST(Http2LimitTest, GivesUpTheOldestStreams) {
  Http2Connected c;
  for (std::uint32_t i = 0; i < kMaxStreams + 10; ++i) {
    c.dissection.out(c.client.get(1 + 2 * i, "/"));
  }
  EXPECT_EQ(c.dissection.counters.evicted_streams, 10U);
  ASSERT_EQ(c.dissection.exchanges().size(), 10U);
  EXPECT_EQ(c.dissection.exchanges()[0].outcome, Outcome::kCut);
  c.dissection.in(c.server.ok(1, "late"));  // of one that was given up
  EXPECT_EQ(c.dissection.exchanges().size(), 10U);
}

TEST(Http2LimitTest, CountsRapidResetsAndKeepsNothing) {
  Http2Connected c;
  for (std::uint32_t i = 0; i < 5000; ++i) {
    c.dissection.out(c.client.get(1 + 2 * i, "/") +
                     http2_frame(Type::kRstStream, 0, 1 + 2 * i, big_endian(8, 4)));
  }
  EXPECT_EQ(c.dissection.counters.reset_streams, 5000U);
  EXPECT_EQ(c.dissection.counters.evicted_streams, 0U);
  EXPECT_LT(c.dissection.counters.peak_memory_bytes, 64U * 1024);
}

TEST(Http2LimitTest, BoundsAFloodOfContinuations) {
  Http2Connected c;
  const std::string block = c.client.block({{":method", "GET"}, {":path", "/flood"}});
  c.dissection.out(http2_frame(Type::kHeaders, kEndStream, 1, block));
  for (int i = 0; i < 2000; ++i) {
    c.dissection.out(http2_frame(Type::kContinuation, 0, 1, std::string(1000, '\0')));
    c.dissection.out(http2_frame(Type::kContinuation, 0, 1));
  }
  c.dissection.out(http2_frame(Type::kContinuation, kEndHeaders, 1));
  c.dissection.in(c.server.ok(1, "."));
  EXPECT_EQ(c.dissection.counters.oversize_headers, 1U);
  EXPECT_LT(c.dissection.counters.peak_memory_bytes, 512U * 1024);
  ASSERT_EQ(c.dissection.exchanges().size(), 1U);
  EXPECT_EQ(c.dissection.exchanges()[0].request->target, "/flood");
}

TEST(Http2LimitTest, CutsALongBodyButCountsIt) {
  Http2Connected c;
  c.dissection.out(c.client.get(1, "/")).in(c.server.headers(1, {{":status", "200"}}));
  for (int i = 0; i < 40; ++i) c.dissection.in(Http2Builder::data(1, std::string(16'000, 'x')));
  c.dissection.in(Http2Builder::data(1, "", kEndStream));
  const HttpBody body = c.dissection.exchanges().at(0).response->body;
  EXPECT_EQ(body.state, BodyState::kCut);
  EXPECT_EQ(body.content.size(), kMaxBodyBytes);
  EXPECT_EQ(body.wire_bytes, 640'000U);
}

TEST(Http2LimitTest, KeepsAnIdleConnectionSmall) {
  Http2Connected c;
  c.dissection.out(c.client.get(1, "/", {{"x-a", "1"}})).in(c.server.ok(1, "."));
  EXPECT_LE(c.dissection.counters.memory_bytes, 8U * 1024);
}

TEST(Http2LimitTest, GivesUpTheStepAtAFrameThatCannotBe) {
  Http2Connected c;
  c.dissection.out(c.client.get(1, "/1"));
  c.dissection.out(http2_frame(Type::kPing, 0, 0, "short") + "what follows");
  c.dissection.in(c.server.ok(1, ".")).close().finish();
  EXPECT_EQ(describe_all(c.dissection),
            "outcome 0 GET /1" + kRequestFields + " 0||0|0| 200 1|.|1|1|\nraw 26");
  EXPECT_EQ(c.dissection.counters.resyncs, 1U);
}

TEST(Http2LimitTest, AnswersBlocksThatAreInterruptedOrBroken) {
  Http2Connected c;
  const std::string block = c.client.block({{":method", "GET"}, {":path", "/1"}});
  c.dissection.out(http2_frame(Type::kHeaders, kEndStream, 1, block.substr(0, 2)) +
                   http2_frame(Type::kPing, 0, 0, "12345678") +
                   http2_frame(Type::kContinuation, kEndHeaders, 1, block.substr(2)));
  c.dissection.out(http2_frame(Type::kHeaders, kEndHeaders | kEndStream, 3, "\x80"));
  c.dissection.out(http2_frame(Type::kHeaders, kEndHeaders | kPadded, 5, "\x09x"));
  c.dissection.in(c.server.ok(1, "1") + c.server.ok(3, "3") + c.server.ok(5, "5"));
  c.dissection.close().finish();
  for (const HttpExchange& exchange : c.dissection.exchanges()) {
    EXPECT_EQ(exchange.outcome, Outcome::kCut);
    EXPECT_FALSE(exchange.request.has_value());
  }
  EXPECT_EQ(c.dissection.exchanges().size(), 3U);
}

}  // namespace
}  // namespace scopetrace
