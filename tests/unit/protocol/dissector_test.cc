// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/protocol/describe.h"

namespace scopetrace {
namespace {

const std::string kGet = "GET /a?b=c HTTP/1.1\r\nHost: api.example\r\n\r\n";
const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const std::string kChunked =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nwiki\r\nA\r\n0123456789\r\n"
    "0\r\nTrailer: t\r\n\r\n";

TEST(DissectorTest, StitchesRequestAndResponse) {
  Dissection dissection;

  dissection.out(kGet).in(kOk);

  const auto exchanges = dissection.exchanges();
  ASSERT_EQ(exchanges.size(), 1U);
  EXPECT_EQ(describe(exchanges[0]),
            "outcome 0 GET /a?b=c Host=api.example 0||0|0| 200 Content-Length=5 1|hello|5|5|");
  EXPECT_FALSE(exchanges[0].inbound);
  EXPECT_EQ(exchanges[0].tgid, 100U);
  EXPECT_LT(exchanges[0].request->first_ns, exchanges[0].response->first_ns);
  EXPECT_EQ(dissection.counters.parsed_bytes, kGet.size() + kOk.size());
}

TEST(DissectorTest, SeesRequestsOnIngressAsInbound) {
  Dissection dissection;

  dissection.in(kGet).out(kOk);

  ASSERT_EQ(dissection.exchanges().size(), 1U);
  EXPECT_TRUE(dissection.exchanges()[0].inbound);
}

TEST(DissectorTest, KeepsCaseOrderAndDuplicatesOfFields) {
  Dissection dissection;

  dissection.out("GET / HTTP/1.1\r\nx-B: 1\r\nX-a: 2\nx-B:3\r\n folded\r\n\r\n").in(kOk);

  const auto exchanges = dissection.exchanges();
  ASSERT_EQ(exchanges.size(), 1U);
  EXPECT_THAT(describe(exchanges[0]), testing::HasSubstr("x-B=1 X-a=2 x-B=3 folded "));
}

// One conversation and what must come out of it.
struct ConversationCase {
  const char* name;
  std::vector<std::string> out_calls;
  std::vector<std::string> in_calls;
  std::vector<std::string> expected;  // one substring for each exchange, in order
  std::uint64_t raw_bytes;
};

void PrintTo(const ConversationCase& c, std::ostream* out) { *out << c.name; }

class ConversationTest : public testing::TestWithParam<ConversationCase> {
 protected:
  static std::string run(std::size_t chunk_bytes) {
    Dissection dissection(chunk_bytes);
    for (const std::string& call : GetParam().out_calls) dissection.out(call);
    for (const std::string& call : GetParam().in_calls) dissection.in(call);
    dissection.close().finish();
    return describe_all(dissection);
  }
};

TEST_P(ConversationTest, GivesTheExpectedExchanges) {
  const std::string actual = run(ST_CHUNK_BYTES);

  std::string pattern;
  for (const std::string& each : GetParam().expected) pattern += each + "\n";
  EXPECT_EQ(actual, pattern + "raw " + std::to_string(GetParam().raw_bytes));
}

TEST_P(ConversationTest, GivesTheSameForEveryCut) {
  const std::string whole = run(ST_CHUNK_BYTES);

  for (std::size_t chunk_bytes = 1; chunk_bytes < 40; ++chunk_bytes) {
    EXPECT_EQ(run(chunk_bytes), whole) << "chunks of " << chunk_bytes;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Conversations, ConversationTest,
    testing::Values(
        ConversationCase{
            "Pipelined",
            {"GET /1 HTTP/1.1\r\n\r\nHEAD /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\n\r\n"},
            {"HTTP/1.1 204 No\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" + kOk},
            {"outcome 0 GET /1 0||0|0| 204 0||0|0|",
             "outcome 0 HEAD /2 0||0|0| 200 Content-Length=9 0||0|0|",
             "outcome 0 GET /3 0||0|0| 200 Content-Length=5 1|hello|5|5|"},
            0},
        ConversationCase{"ChunkedWithTrailer",
                         {"GET / HTTP/1.1\r\n\r\n"},
                         {kChunked},
                         {"outcome 0 GET / 0||0|0| 200 Transfer-Encoding=chunked "
                          "1|wiki0123456789|14|14| trailers Trailer=t"},
                         0},
        ConversationCase{"InterimResponse",
                         {"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nab"},
                         {"HTTP/1.1 100 Continue\r\n\r\n" + kOk},
                         {"outcome 0 POST / Content-Length=2 1|ab|2|2| 200 Content-Length=5 "
                          "1|hello|5|5|"},
                         0},
        ConversationCase{"EarlyHints",
                         {"GET / HTTP/1.1\r\n\r\n"},
                         {"HTTP/1.1 103 Early Hints\r\nLink: </s>\r\n\r\n"
                          "HTTP/1.1 102 Processing\r\n\r\n" +
                          kOk},
                         {"outcome 0 GET / 0||0|0| 200 Content-Length=5 1|hello|5|5|"},
                         0},
        ConversationCase{"ExpectationRefused",
                         {"PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"},
                         {"HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n"},
                         {"outcome 1 PUT / Expect=100-continue Content-Length=2 "
                          "2||0|0|message broke off 417 Content-Length=0 0||0|0|"},
                         0},
        ConversationCase{"HeadHasNoBody",
                         {"HEAD / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n"},
                         {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + kOk},
                         {"outcome 0 HEAD / 0||0|0| 200 Transfer-Encoding=chunked 0||0|0|",
                          "outcome 0 GET / 0||0|0| 200 Content-Length=5 1|hello|5|5|"},
                         0},
        ConversationCase{"NoContent",
                         {"DELETE / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n"},
                         {"HTTP/1.1 204 No Content\r\n\r\n" + kOk},
                         {"outcome 0 DELETE / 0||0|0| 204 0||0|0|",
                          "outcome 0 GET / 0||0|0| 200 Content-Length=5 1|hello|5|5|"},
                         0},
        ConversationCase{"NotModified",
                         {"GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n"},
                         {"HTTP/1.1 304 Not Modified\r\nContent-Length: 90\r\n\r\n" + kOk},
                         {"outcome 0 GET /1 0||0|0| 304 Content-Length=90 0||0|0|",
                          "outcome 0 GET /2 0||0|0| 200 Content-Length=5 1|hello|5|5|"},
                         0},
        ConversationCase{"ChunkedRequestWithTrailers",
                         {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n"
                          "X-Sum: 7\r\nX-More: a\r\n b\r\nno colon\r\n\r\nGET /2 HTTP/1.1\r\n\r\n"},
                         {kOk + kOk},
                         {"outcome 0 POST / Transfer-Encoding=chunked 1|ab|2|2| "
                          "trailers X-Sum=7 X-More=a b 200 Content-Length=5 1|hello|5|5|",
                          "outcome 0 GET /2 0||0|0| 200 Content-Length=5 1|hello|5|5|"},
                         0},
        ConversationCase{"RequestsWithoutAnswers",
                         {"GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\n\r\n"},
                         {kOk},
                         {"outcome 0 GET /1 0||0|0| 200 Content-Length=5 1|hello|5|5|",
                          "outcome 2 GET /2 0||0|0|", "outcome 2 GET /3 0||0|0|"},
                         0},
        ConversationCase{
            "UpgradeRefused",
            {"GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n" + kGet},
            {"HTTP/1.1 400 No\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n" + kOk},
            {"outcome 0 GET /ws Upgrade=websocket 0||0|0| 400 Upgrade=websocket "
             "Content-Length=0 0||0|0|",
             "outcome 0 GET /a?b=c Host=api.example 0||0|0| 200 Content-Length=5 "
             "1|hello|5|5|"},
            0},
        ConversationCase{"CloseDelimited",
                         {"GET / HTTP/1.0\r\n\r\n"},
                         {"HTTP/1.0 200 OK\r\n\r\nuntil close"},
                         {"outcome 0 GET / 0||0|0| 200 1|until close|11|11|"},
                         0},
        ConversationCase{"UpgradeToAnotherProtocol",
                         {"GET /ws HTTP/1.1\r\nUpgrade: other\r\n\r\n"},
                         {"HTTP/1.1 101 Switching\r\n\r\nframe", "HTTP/1.1 200 no\r\n\r\n"},
                         {"outcome 0 GET /ws Upgrade=other 0||0|0| 101 0||0|0|"},
                         24},
        ConversationCase{"ConnectRefused",
                         {"CONNECT h:1 HTTP/1.1\r\n\r\n"},
                         {"HTTP/1.1 407 Auth\r\nContent-Length: 0\r\n\r\n"},
                         {"outcome 0 CONNECT h:1 0||0|0| 407 Content-Length=0 0||0|0|"},
                         0},
        ConversationCase{
            "Unanswered", {"GET / HTTP/1.1\r\n\r\n"}, {}, {"outcome 2 GET / 0||0|0|"}, 0},
        ConversationCase{"BrokenOffResponse",
                         {"GET / HTTP/1.1\r\n\r\n"},
                         {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhell"},
                         {"outcome 1 GET / 0||0|0| 200 Content-Length=9 2"
                          "|hell|4|4|message broke off"},
                         0},
        ConversationCase{"ContradictoryLength",
                         {"GET / HTTP/1.1\r\n\r\n"},
                         {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"},
                         {"outcome 0 GET / 0||0|0| 200 Content-Length=1 Content-Length=2 "
                          "3||0|0|contradictory length"},
                         0},
        ConversationCase{
            "UnknownProtocol", {"\x16\x03\x01 binary", "EHLO host\r\n"}, {"220 hi\r\n"}, {}, 29},
        ConversationCase{"JoinedInTheMiddle",
                         {kGet},
                         {"rest of a body", kOk},
                         {"outcome 0 GET /a?b=c Host=api.example 0||0|0| 200 Content-Length=5 "
                          "1|hello|5|5|"},
                         14}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(DissectorGapTest, KeepsCountingInsideABodyOfKnownLength) {
  Dissection dissection;

  dissection.out(kGet + kGet).in("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n01234");
  dissection.lose(ST_INGRESS, 90).in("56789" + kOk).pass(1'000'000'000).finish();

  const auto exchanges = dissection.exchanges();
  ASSERT_EQ(exchanges.size(), 2U);
  EXPECT_EQ(exchanges[0].outcome, Outcome::kCut);
  EXPECT_EQ(exchanges[0].response->body.reason, "gap");
  EXPECT_EQ(exchanges[0].response->body.content, "");
  EXPECT_EQ(exchanges[0].response->body.wire_bytes, 100U);
  EXPECT_EQ(exchanges[1].outcome, Outcome::kComplete);
  EXPECT_EQ(exchanges[1].response->body.content, "hello");
}

TEST(DissectorGapTest, GivesUpPairingAfterAGapInAHeader) {
  Dissection dissection;

  dissection.out(kGet).in("HTTP/1.1 200 OK\r\nSet-Coo").lose(ST_INGRESS, 10).in("rest\r\n\r\n");
  dissection.pass(1'000'000'000).out(kGet).in(kOk).finish();

  const auto exchanges = dissection.exchanges();
  ASSERT_EQ(exchanges.size(), 2U);
  EXPECT_EQ(exchanges[0].outcome, Outcome::kCut);
  EXPECT_FALSE(exchanges[0].response.has_value());
  EXPECT_EQ(exchanges[1].outcome, Outcome::kComplete);
  EXPECT_EQ(dissection.counters.resyncs, 1U);
}

TEST(DissectorLimitTest, GivesUpAHeaderBlockBeyondTheBound) {
  Dissection dissection;

  dissection.out("GET / HTTP/1.1\r\nA: " + std::string(kMaxHeaderBytes, 'a'));
  dissection.out(kGet).in(kOk).finish();

  const auto exchanges = dissection.exchanges();
  ASSERT_EQ(exchanges.size(), 2U);
  EXPECT_EQ(exchanges[0].request->body.reason, "header too large");
  EXPECT_TRUE(exchanges[0].request->fields.empty());
  EXPECT_EQ(exchanges[1].outcome, Outcome::kComplete);
  EXPECT_EQ(dissection.counters.oversize_headers, 1U);
}

TEST(DissectorLimitTest, CutsALongBodyButCountsIt) {
  Dissection dissection;

  dissection.out(kGet).in("HTTP/1.1 200 OK\r\nContent-Length: 600000\r\n\r\n");
  dissection.in(std::string(250'000, 'x')).in(std::string(350'000, 'x'));

  const auto exchanges = dissection.exchanges();
  ASSERT_EQ(exchanges.size(), 1U);
  EXPECT_EQ(exchanges[0].response->body.state, BodyState::kCut);
  EXPECT_EQ(exchanges[0].response->body.content.size(), kMaxBodyBytes);
  EXPECT_EQ(exchanges[0].response->body.wire_bytes, 600'000U);
}

TEST(DissectorLimitTest, KeepsAnIdleConnectionBelowOneKibibyte) {
  Dissection dissection;

  dissection.out(kGet).in(kOk);

  EXPECT_GT(dissection.counters.memory_bytes, 0U);
  EXPECT_LE(dissection.counters.memory_bytes, 1024U);
}

TEST(DissectorLimitTest, PassesUnknownDataOnAfterSilence) {
  Dissection dissection;

  dissection.out("\x01\x02\x03").pass(5'000'000'000);

  ASSERT_EQ(dissection.recorder.all<RawStreamData>().size(), 1U);
  EXPECT_EQ(dissection.raw_bytes(), 3U);
  EXPECT_EQ(dissection.counters.unparsed_bytes, 3U);
}

TEST(DissectorGapTest, PassesUnknownDataOnBeforeTheGapBehindIt) {
  Dissection dissection;

  dissection.out("\x01\x02\x03")
      .lose(ST_EGRESS, 4)
      .out("\x04\x05")
      .pass(1'000'000'000)
      .close()
      .finish();

  std::vector<std::size_t> kinds;
  for (const Message& message : dissection.recorder.messages) kinds.push_back(message.index());
  const std::vector<std::size_t> expected = {
      Message(RawStreamData{}).index(), Message(StreamGap{}).index(),
      Message(RawStreamData{}).index(), Message(StreamEnd{}).index()};
  EXPECT_EQ(kinds, expected);
  EXPECT_EQ(dissection.recorder.all<StreamEnd>()[0].tls_id, 7U);
}

TEST(DissectorTest, AppliesAConnectionLearnedLater) {
  Dissection dissection;

  dissection.out(kGet).event(make_peer(7, 42)).in(kOk);

  ASSERT_EQ(dissection.exchanges().size(), 1U);
  EXPECT_EQ(dissection.exchanges()[0].conn_id, 42U);
  EXPECT_EQ(dissection.recorder.all<st_tls_peer_event>().size(), 1U);
}

// Request scope: between the windows of a connection the kernel copies nothing.
TEST(DissectorWindowTest, PairsTheExchangesOfEachWindow) {
  Dissection d(ST_CHUNK_BYTES, {.has_windows = true});
  d.lose(ST_EGRESS, 300).lose(ST_INGRESS, 9000);
  d.window(ST_WINDOW_MATCHED).out("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
  d.in("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").window(ST_WINDOW_NONE);
  d.lose(ST_EGRESS, 80).lose(ST_INGRESS, 70);
  d.window(ST_WINDOW_CAUSED).out("GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
  d.in("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n").window(ST_WINDOW_NONE);
  d.lose(ST_EGRESS, 80).close();

  const std::vector<HttpExchange> found = d.exchanges();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].request->target, "/a");
  EXPECT_EQ(found[0].response->status, 200U);
  EXPECT_EQ(found[0].outcome, Outcome::kComplete);
  EXPECT_EQ(found[0].cause, Cause::kNone);
  EXPECT_EQ(found[1].response->status, 404U);
  EXPECT_EQ(found[1].outcome, Outcome::kComplete);
  EXPECT_EQ(found[1].cause, Cause::kThread);
  EXPECT_TRUE(d.recorder.all<StreamGap>().empty());  // nothing was lost
}

}  // namespace
}  // namespace scopetrace
