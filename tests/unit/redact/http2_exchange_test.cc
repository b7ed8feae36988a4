// SPDX-License-Identifier: Apache-2.0
// What HTTP/2, gRPC and WebSocket bring to the redactor besides what HTTP/1 has.
#include <gmock/gmock.h>

#include "tests/unit/redact/body_fixture.h"
#include "tests/unit/redact/fixture.h"

namespace scopetrace {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

RedactedExchange redact(const HttpExchange& exchange, RedactorConfig config) {
  RedactedSink sink;
  const auto redactor = *Redactor::make(std::move(config), standard_rules(), sink);
  EXPECT_TRUE(redactor->input().push(exchange));
  EXPECT_EQ(sink.messages.size(), 1U);
  return std::get<RedactedExchange>(sink.messages.at(0).content());
}

HttpExchange grpc_exchange(const std::string& status, const std::string& message) {
  HttpExchange exchange = make_exchange();
  exchange.request->fields = {{":authority", "api.example.com:443"}};
  exchange.request->version = exchange.response->version = "2";
  exchange.response->trailers = {{"grpc-status", status}, {"grpc-message", message}};
  return exchange;
}

TEST(RedactorTrailersTest, TellsGrpcStatusAtEveryLevelAndTrailersRedacted) {
  const std::string token = make_token();
  const HttpExchange exchange = grpc_exchange("16", "token " + token + " expired");
  for (const Level level : {Level::kMetadata, Level::kHeaders, Level::kRedacted}) {
    const RedactedExchange out = redact(exchange, make_config(level));
    EXPECT_EQ(out.response->grpc_status, 16U);
    EXPECT_EQ(out.request->host, "api.example.com");
    ASSERT_EQ(out.response->trailers.size(), level == Level::kMetadata ? 0U : 2U);
    if (level == Level::kMetadata) continue;
    EXPECT_THAT(out.response->trailers[1].value, HasSubstr("[REDACTED:"));
    EXPECT_THAT(out.response->trailers[1].value, Not(HasSubstr(token)));
  }
}

TEST(RedactorTrailersTest, FindsGrpcStatusWhereAnAnswerHasNothingElse) {
  HttpExchange exchange = grpc_exchange("0", "");
  exchange.response->fields = std::exchange(exchange.response->trailers, {});
  EXPECT_EQ(redact(exchange, make_config(Level::kMetadata)).response->grpc_status, 0U);
  exchange.response->fields[0].value = "nonsense";
  EXPECT_FALSE(redact(exchange, make_config(Level::kMetadata)).response->grpc_status);
}

TEST(RedactorTargetTest, LeavesATargetThatWasNotSeen) {
  HttpExchange exchange = make_exchange();
  exchange.request->target = "<unknown>";
  EXPECT_EQ(redact(exchange, make_config(Level::kRedacted)).request->target, "<unknown>");
}

TEST(RedactorTrailersTest, CountsAGrpcErrorAsFailed) {
  RedactorConfig config = make_config(Level::kMetadata);
  config.requests = {"failed"};
  RedactedSink sink;
  const auto redactor = *Redactor::make(std::move(config), standard_rules(), sink);
  EXPECT_TRUE(redactor->input().push(grpc_exchange("0", "")));
  EXPECT_EQ(sink.messages.size(), 0U);
  EXPECT_TRUE(redactor->input().push(grpc_exchange("13", "")));
  EXPECT_EQ(sink.messages.size(), 1U);
}

TEST(RedactorFieldsTest, WithholdsWhatIsNeverIndexedOrHasNoKnownName) {
  const std::string secret = make_secret(12), other = make_secret(12, 2);
  HttpExchange exchange = make_exchange();
  exchange.request->fields.push_back({"x-plain", secret, true});
  exchange.request->fields.push_back({"<unknown:idx 70>", other, true});
  exchange.request->fields.push_back({"<unknown:idx 71>", "", true});
  const RedactedExchange out = redact(exchange, make_config(Level::kRedacted));
  EXPECT_THAT(out.request->fields.at(1).value, HasSubstr("[REDACTED:credentials"));
  EXPECT_EQ(out.request->fields.at(2).name, "<unknown:idx 70>");
  EXPECT_THAT(out.request->fields.at(2).value, HasSubstr("[REDACTED:credentials"));
  EXPECT_EQ(out.request->fields.at(3).value, "");
}

// What looks like no secret stands there because its name was not seen.
TEST(RedactorFieldsTest, WithholdsEveryValueWithoutAKnownName) {
  for (const char* value : {"true", "***", "${TOKEN}", "7", "GET"}) {
    HttpExchange exchange = make_exchange();
    exchange.request->fields.push_back({"<unknown:idx 62>", value, true});
    exchange.response->trailers.push_back({"<unknown:idx 63>", value, false});
    const RedactedExchange out = redact(exchange, make_config(Level::kRedacted));
    EXPECT_THAT(out.request->fields.at(1).value, HasSubstr("[REDACTED:credentials")) << value;
    EXPECT_THAT(out.response->trailers.at(0).value, HasSubstr("[REDACTED:credentials")) << value;
  }
}

// A connection to a third party in scope, and what is then said on it.
class RedactorWebSocketTest : public testing::Test {
 protected:
  RedactedStreamData tell(Level level, WebSocketMessage::Kind kind, const std::string& content) {
    RedactedSink sink;
    const auto redactor = *Redactor::make(make_config(level), standard_rules(), sink);
    EXPECT_TRUE(redactor->input().push(make_exchange()));
    EXPECT_TRUE(redactor->input().push(message(kind, content)));
    EXPECT_EQ(sink.messages.size(), 2U);
    return std::get<RedactedStreamData>(sink.messages.at(1).content());
  }
  static WebSocketMessage message(WebSocketMessage::Kind kind, const std::string& content) {
    WebSocketMessage made;
    made.conn_id = 5;
    made.kind = kind;
    made.body.state = BodyState::kComplete;
    made.body.content = content;
    made.body.wire_bytes = content.size() + 1;
    return made;
  }
};

using Kind = WebSocketMessage::Kind;

TEST_F(RedactorWebSocketTest, RedactsTextsAsBodies) {
  const std::string secret = make_secret(12);
  const std::string text = "{\"a\":1,\"password\":\"" + secret + "\"}";
  const RedactedStreamData told = tell(Level::kRedacted, Kind::kText, text);
  EXPECT_EQ(told.protocol, "websocket");
  EXPECT_EQ(told.kind, "text");
  EXPECT_EQ(told.length_bytes, text.size() + 1);
  EXPECT_THAT(told.text, testing::StartsWith("{\"a\":1,\"password\":\"[REDACTED:"));

  EXPECT_THAT(tell(Level::kRedacted, Kind::kText, "take " + make_token()).text,
              HasSubstr("take [REDACTED:"));
  EXPECT_EQ(tell(Level::kRedacted, Kind::kClose, "going away").text, "going away");
}

TEST_F(RedactorWebSocketTest, TellsLessBelow) {
  const RedactedStreamData shape = tell(Level::kShape, Kind::kText, "{\"a\":\"b\"}");
  EXPECT_TRUE(shape.is_shape);
  EXPECT_THAT(shape.text, Not(HasSubstr("\"b\"")));
  EXPECT_EQ(tell(Level::kHeaders, Kind::kText, "{}").withheld, "below the level");
}

TEST_F(RedactorWebSocketTest, TellsOfBinaryTheLengthOnly) {
  for (const Kind kind : {Kind::kBinary, Kind::kPing, Kind::kPong}) {
    const RedactedStreamData told = tell(Level::kRedacted, kind, "text all the same");
    EXPECT_EQ(told.withheld, "binary");
    EXPECT_EQ(told.text, "");
    EXPECT_EQ(told.content_class, "binary");
  }
}

TEST_F(RedactorWebSocketTest, DropsWhatIsOutOfScope) {
  RedactedSink sink;
  const auto redactor = *Redactor::make(make_config(Level::kRedacted), standard_rules(), sink);
  EXPECT_TRUE(redactor->input().push(message(Kind::kText, "nobody knows for whom")));
  EXPECT_EQ(sink.messages.size(), 0U);
  EXPECT_EQ(redactor->counters().dropped_messages, 1U);
}

}  // namespace
}  // namespace scopetrace
