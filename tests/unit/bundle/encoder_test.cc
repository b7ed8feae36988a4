// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <csignal>

#include "tests/support/redacted_message_maker.h"
#include "tests/support/schema.h"
#include "userspace/bundle/frame.h"
#include "userspace/bundle/own_lines.h"

namespace scopetrace {
namespace {

class LineCollector final : public LineSink {
 public:
  Status push(std::string line) override {
    lines.push_back(std::move(line));
    return {};
  }
  Status finish() override { return {}; }
  std::vector<std::string> lines;
};

const Origin kOrigin{.time_ns = 1'500'000'001, .tgid = 7, .tid = 8};

RedactedExchange exchange() {
  RedactedExchange made;
  made.origin = kOrigin;
  made.conn_id = ~std::uint64_t{0};
  made.exchange_id = 1;
  made.outcome = "complete";
  made.request = RedactedRequest{};
  made.request->method = "POST";
  made.request->target = "/v1/charges";
  made.request->host = "api.example";
  made.request->fields = {{"authorization", "Bearer [REDACTED:bearer:0123456789abcdef]"}};
  made.request->body = RedactedBody{};
  made.response = RedactedResponse{};
  made.response->status = 402;
  made.timing.wait_ns = 5;
  made.credentials = {{"bearer", "0123456789abcdef", "request.header.authorization", "bearer"}};
  made.data_classes = {"card"};
  return made;
}

st_process_event process(st_event_type type, int exit_code) {
  st_process_event event{};
  event.header.type = type;
  event.exit_code = exit_code;
  event.other_tgid = type == ST_EVENT_FORK ? 9 : 0;
  event.comm[0] = 'p';
  return event;
}

class EncoderTest : public testing::Test {
 protected:
  std::string encode(RedactedMessage::Content content) {
    EXPECT_TRUE(encoder_.push(RedactedMessageForTest::make(std::move(content))));
    EXPECT_EQ(schema_fault(out_.lines.back()), "");
    return out_.lines.back();
  }

  LineCollector out_;
  Encoder encoder_{{.boottime_ns = 1'000'000'000, .realtime_ns = 1'790'000'000'000'000'000}, out_};
};

TEST_F(EncoderTest, WritesTypeIndexTimeAndOrigin) {
  EXPECT_TRUE(
      encode(exchange())
          .starts_with(
              R"({"type":"http","n":0,"time":"2026-09-21T14:13:20.500000001Z","tgid":7,"tid":8,)"
              R"("conn":"18446744073709551615","exchange":1,)"));
  EXPECT_TRUE(encode(exchange()).starts_with(R"({"type":"http","n":1,)"));
}

TEST_F(EncoderTest, FollowsTheSchemaForEveryKind) {
  RedactedStreamData data;
  data.origin = kOrigin;
  data.content_class = "binary";
  data.withheld = "below the level";
  encode(data);
  encode(RedactedGap{});
  RedactedConnection connection{};
  connection.record.family = AF_INET;
  connection.record.peer_address[0] = 127;
  connection.record.peer_address[3] = 1;
  connection.record.state = ST_CONNECTION_OPENED;
  connection.third_party = "api.example";
  connection.known_by = {"sni", "dns"};
  EXPECT_NE(encode(connection).find(R"("peer":{"address":"127.0.0.1","port":0})"),
            std::string::npos);
}

TEST_F(EncoderTest, TellsMembersThatJoinAndLeave) {
  RedactedMember member{
      .origin = kOrigin, .comm = "w\x01", .inner_tgid = 3, .how = "forked", .blind_ns = 9};
  EXPECT_THAT(encode(member),
              testing::HasSubstr(R"("comm":"w\u0001","event":"joined","how":"forked",)"
                                 R"("namespace_tgid":3,"blind_ns":9)"));
  member.blind_ns.reset();
  EXPECT_THAT(encode(member), testing::Not(testing::HasSubstr("blind_ns")));
  member.how.clear();
  EXPECT_THAT(encode(member), testing::HasSubstr(R"("event":"left")"));
}

TEST_F(EncoderTest, TellsHandshakesAndNames) {
  RedactedConnection connection{};
  connection.record.family = AF_INET;
  connection.is_handshake = connection.is_mixed = true;
  connection.tls = RedactedTls{};
  connection.tls->server_name_is = "none";
  connection.tls->certificate_is = "encrypted";
  EXPECT_NE(encode(connection).find(R"("state":"handshake")"), std::string::npos);
  RedactedTls& tls = *connection.tls;
  tls.version = "1.2";
  tls.versions = {"1.3", "1.2"};
  tls.cipher = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
  tls.alpn = "h2";
  tls.server_name = "api.example";
  tls.offers_ech = tls.is_cut = true;
  tls.certificate = RedactedCertificate{.subject = "api.example",
                                        .issuer = "An authority",
                                        .names = 2,
                                        .not_before = "2026-01-01T00:00:00Z",
                                        .not_after = "2027-01-01T00:00:00Z",
                                        .key_type = "rsa",
                                        .digest = "sha256:" + std::string(64, 'a')};
  EXPECT_NE(encode(connection).find(R"("names_disagree":true,"tls":{"version":"1.2")"),
            std::string::npos);

  RedactedDns dns{};
  dns.record.family = AF_INET;
  dns.record.server_port = 53;
  dns.question = "api.example";
  dns.type = "A";
  dns.outcome = "answered";
  dns.rcode = "noerror";
  dns.duration_ns = 7;
  dns.answers = {{.name = "api.example", .type = "A", .value = "10.0.0.1", .ttl_seconds = 60},
                 {.name = "api.example", .type = "TXT", .value = {}, .ttl_seconds = 60}};
  EXPECT_NE(encode(dns).find(R"("question":"api.example","question_type":"A")"), std::string::npos);
  EXPECT_NE(encode(dns).find(R"({"name":"api.example","type":"TXT","ttl":60}])"),
            std::string::npos);
}

TEST_F(EncoderTest, SaysWhatWasPlain) {
  RedactedExchange made = exchange();
  made.is_plain = true;
  RedactedStreamData data;
  data.content_class = "text";
  data.is_plain = true;
  RedactedGap gap;
  gap.gap.is_plain = true;
  gap.gap.cause = GapCause::kUnreadable;

  for (const RedactedMessage::Content& content :
       {RedactedMessage::Content(made), RedactedMessage::Content(data),
        RedactedMessage::Content(gap)}) {
    EXPECT_NE(encode(content).find(R"("plain":true)"), std::string::npos);
  }
  gap.gap.cause = GapCause::kIoUring;
  EXPECT_NE(encode(gap).find(R"("cause":"io-uring")"), std::string::npos);
  EXPECT_EQ(encode(exchange()).find("plain"), std::string::npos);
}

TEST_F(EncoderTest, TellsCallsWithResultOrError) {
  RedactedCall call;
  call.family = "files";
  call.name = "openat";
  call.arguments = {{"folder", std::int64_t{-100}}, {"path", "/etc/hosts"}};
  call.result = 3;
  EXPECT_NE(encode(call).find(R"("name":"openat","arguments":{"folder":-100,"path":"/etc/hosts"},)"
                              R"("result":3})"),
            std::string::npos);
  call.result = -2;
  call.error = "ENOENT";
  EXPECT_NE(encode(call).find(R"("error":"ENOENT"})"), std::string::npos);
}

TEST_F(EncoderTest, TellsLinesOfLogsAndTheirTotals) {
  RedactedLog log;
  log.sink = ST_LOG_FILE;
  log.file = "app.log";
  log.format = "text";
  log.severity = "warn";
  log.shape = "a <email>";
  log.classes = {"email"};
  log.text = "to [REDACTED:email]";
  EXPECT_NE(encode(log).find(R"("sink":"file","file":"app.log","format":"text","level":"warn")"),
            std::string::npos);
  RedactedLogTotal total;
  total.sink = ST_LOG_SYSLOG;
  total.lines = 8;
  total.by_severity = {{"debug", 2}, {"trace", 1}, {"info", 4}};
  EXPECT_NE(encode(total).find(R"("debug_percent":37,)"), std::string::npos);
}

TEST_F(EncoderTest, TellsTextOrWhyThereIsNone) {
  RedactedStreamData data;
  data.origin = kOrigin;
  data.content_class = "text";
  data.protocol = "ftp";
  data.text = "USER jo\n";
  data.kept_bytes = data.text.size();
  EXPECT_NE(encode(data).find(
                R"("protocol":"ftp","kept":8,"cut":false,"shape":false,"text":"USER jo\n"})"),
            std::string::npos);
  data.withheld = "held back";
  const std::string line = encode(data);
  EXPECT_NE(line.find(R"("protocol":"ftp","withheld":"held back"})"), std::string::npos) << line;
  EXPECT_EQ(line.find("text\":\"USER"), std::string::npos);
}

TEST_F(EncoderTest, TellsMessagesOfWebSocket) {
  RedactedStreamData data;
  data.origin = kOrigin;
  data.content_class = "text";
  data.protocol = "websocket";
  data.kind = "close";
  data.close_code = 1001;
  data.text = "bye";
  data.kept_bytes = data.text.size();
  EXPECT_NE(
      encode(data).find(R"("protocol":"websocket","kind":"close","close_code":1001,"kept":3)"),
      std::string::npos);
}

TEST_F(EncoderTest, TellsTrailersAndGrpcStatus) {
  RedactedExchange call = exchange();
  EXPECT_EQ(encode(call).find("trailers"), std::string::npos);
  call.response.emplace();
  call.response->trailers = {{"grpc-status", "5"}};
  call.response->grpc_status = 5;
  EXPECT_NE(encode(call).find(R"("trailers":[{"name":"grpc-status","value":"5"}],"grpc_status":5)"),
            std::string::npos);
}

TEST_F(EncoderTest, WithholdsStreamTextOfALineThatIsTooLong) {
  RedactedStreamData data;
  data.origin = kOrigin;
  data.text = std::string(1 << 19, '\1');
  EXPECT_NE(encode(data).find(R"("withheld":"line too long")"), std::string::npos);
}

TEST_F(EncoderTest, TellsHowAProcessEnded) {
  EXPECT_NE(encode(RedactedProcess{process(ST_EVENT_FORK, 0), "p"}).find(R"("child_tgid":9)"),
            std::string::npos);
  EXPECT_NE(encode(RedactedProcess{process(ST_EVENT_EXIT, 3 << 8), "p"}).find(R"("exit_code":3)"),
            std::string::npos);
  EXPECT_NE(encode(RedactedProcess{process(ST_EVENT_EXIT, SIGKILL), "p"}).find(R"("signal":9)"),
            std::string::npos);
}

TEST_F(EncoderTest, ReplacesInvalidUtf8) {
  RedactedExchange bad = exchange();
  bad.request->target = "/\xff\xc3";

  EXPECT_NE(encode(bad).find("/\xef\xbf\xbd"), std::string::npos);
}

TEST_F(EncoderTest, KeepsNumbersBelowTwoToThe53) {
  RedactedExchange huge = exchange();
  huge.request->size_bytes = ~std::uint64_t{0};

  EXPECT_NE(encode(huge).find(R"("size":9007199254740991)"), std::string::npos);
}

TEST_F(EncoderTest, WithholdsTheBodiesOfALineThatIsTooLong) {
  RedactedExchange longer = exchange();
  longer.response->body = RedactedBody{};
  longer.response->body->text.assign(kMaxLineBytes, 'x');

  const std::string line = encode(longer);

  EXPECT_LT(line.size(), kMaxLineBytes);
  EXPECT_NE(line.find(R"("withheld":"line too long")"), std::string::npos);
  EXPECT_EQ(encoder_.withheld_lines(), 1u);
}

TEST_F(EncoderTest, WithholdsAnExchangeWhoseHeadersAreTooLong) {
  RedactedExchange longer = exchange();
  longer.request->fields = {{"x", std::string(kMaxLineBytes, 'x')}};

  EXPECT_TRUE(encode(longer).starts_with(R"({"type":"message","n":0,)"));
}

// Kinds that are neither an exchange nor stream data ended the program here.
TEST_F(EncoderTest, WithholdsTheTextOfALogLineThatIsTooLong) {
  RedactedLog log;
  log.origin = kOrigin;
  log.sink = ST_LOG_STDERR;
  log.format = "text";
  log.text.assign(kMaxLineBytes, 'x');

  const std::string line = encode(log);

  EXPECT_TRUE(line.starts_with(R"({"type":"log","n":0,)")) << line.substr(0, 200);
  EXPECT_LT(line.size(), 1000U);
  EXPECT_NE(line.find(R"("withheld":"line too long")"), std::string::npos);
  EXPECT_EQ(encoder_.withheld_lines(), 1U);
}

TEST_F(EncoderTest, LeavesTheArgumentsOfACallThatIsTooLongOut) {
  RedactedCall call;
  call.origin = kOrigin;
  call.family = "files";
  call.name = "open";
  call.arguments = {{"path", std::string(kMaxLineBytes, 'x')}};

  const std::string line = encode(call);

  EXPECT_NE(line.find(R"("name":"open","arguments":{})"), std::string::npos);
  EXPECT_EQ(encoder_.withheld_lines(), 1U);
}

TEST(OwnLinesTest, FollowTheirSchemas) {
  SessionRecord session;
  session.libraries = {{"/lib/libssl.so.3", true, ""}, {"/app/x", false, "static"}};
  session.probes_failed = {{"ssl_read", "no site"}};
  session.target = std::string(1 << 20, 'x');
  SummaryRecord summary;
  summary.end = "limit";
  summary.claimed_redactions = {{"card", 2}};

  EXPECT_EQ(schema_fault(encode_session_line(session)), "");
  EXPECT_LT(encode_session_line(session).size(), kMaxLineBytes);
  EXPECT_EQ(schema_fault(encode_summary_line(summary)), "");
}

TEST(SchemaTest, NoticesWhatDoesNotFollow) {
  EXPECT_NE(schema_fault("{\"type\":\"gap\"}\n"), "");
  EXPECT_NE(schema_fault("{\"type\":\"unheard\"}\n"), "");
  EXPECT_NE(schema_fault("{\"n\":1}\n"), "");
}

}  // namespace
}  // namespace scopetrace
