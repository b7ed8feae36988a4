// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/redactor.h"

#include <type_traits>

#include "tests/support/event_builder.h"
#include "tests/unit/redact/fixture.h"
#include "userspace/redact/body/json_walk.h"

namespace scopetrace {
namespace {

// The type proof: nothing but the Redactor makes one.
static_assert(!std::is_default_constructible_v<RedactedMessage>);
static_assert(!std::is_constructible_v<RedactedMessage, RedactedMessage::Content>);
static_assert(!std::is_constructible_v<RedactedMessage, RedactedExchange>);

TEST(RedactorTest, MetadataKeepsNeitherFieldsNorValues) {
  Pipeline p(make_config(Level::kMetadata));
  HttpExchange exchange = make_exchange();
  exchange.request->body = make_body("{\"a\":1}");

  ASSERT_TRUE(p.redactor->input().push(exchange));

  const RedactedRequest& request = *p.exchange().request;
  EXPECT_EQ(request.target, "/v1/items/{}");
  EXPECT_EQ(request.host, "api.example.com");
  EXPECT_TRUE(request.fields.empty());
  EXPECT_EQ(request.body->text, "");
  EXPECT_EQ(p.exchange().timing.wait_ns, 300U);
}

TEST(RedactorTest, HeadersAreRedactedByName) {
  const std::string secret = make_secret(30);
  Pipeline p(make_config(Level::kHeaders));
  HttpExchange exchange = make_exchange();
  exchange.request->target = "/v1/cb?code=" + secret + "&page=2";
  exchange.request->fields.insert(exchange.request->fields.end(),
                                  {{"Authorization", "Bearer " + secret},
                                   {"Cookie", "theme=dark; sid=" + secret},
                                   {"X-Api-Key", secret},
                                   {"X-Request-Id", "req-1"}});

  ASSERT_TRUE(p.redactor->input().push(exchange));

  const RedactedRequest& request = *p.exchange().request;
  EXPECT_TRUE(request.target.ends_with("&page=2"));
  EXPECT_FALSE(contains(request.target, secret));
  EXPECT_TRUE(request.fields[1].value.starts_with("Bearer [REDACTED:bearer:"));
  EXPECT_TRUE(request.fields[2].value.starts_with("theme=dark; sid=[REDACTED:cookie:"));
  EXPECT_FALSE(contains(request.fields[3].value, secret));
  EXPECT_EQ(p.exchange().request_id, "req-1");
  EXPECT_GE(p.exchange().credentials.size(), 4U);
}

TEST(RedactorTest, ShapeKeepsStructureWithoutValues) {
  Pipeline p(make_config(Level::kShape));
  HttpExchange exchange = make_exchange();
  exchange.request->fields.push_back({"Content-Type", "application/json"});
  exchange.request->body = make_body(R"({"a":1,"b":["x",null],"c":{"d":true}})");

  ASSERT_TRUE(p.redactor->input().push(exchange));

  EXPECT_EQ(p.exchange().request->body->text,
            R"({"a":"number","b":["string","null"],"c":{"d":"boolean"}})");
}

TEST(RedactorTest, ShapeOfEveryFormatHasNoValues) {
  const std::string value = make_secret(9);
  const std::string bodies[][2] = {
      {"text/xml", "<a b=\"" + value + "\">" + value + "</a>"},
      {"application/x-www-form-urlencoded", "a=" + value},
      {"multipart/form-data; boundary=b",
       "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n" + value + "\r\n--b--"},
      {"text/event-stream", "event: " + value + "\ndata: " + value + "\n\n"},
      {"application/graphql", "query { a(b: \"" + value + "\") }"},
      {"application/x-protobuf", "\x0a\x09" + value}};
  for (const auto& [type, content] : bodies) {
    Pipeline p(make_config(Level::kShape));
    HttpExchange exchange = make_exchange();
    exchange.request->fields.push_back({"Content-Type", type});
    exchange.request->body = make_body(content);

    ASSERT_TRUE(p.redactor->input().push(exchange));

    const RedactedBody& body = *p.exchange().request->body;
    EXPECT_FALSE(contains(body.text, value)) << type << body.text;
    EXPECT_TRUE(contains(body.text, "string")) << type << body.withheld;
    EXPECT_TRUE(body.is_shape);
  }
}

TEST(RedactorTest, BodiesStayBelowTheirLevel) {
  for (const Level level : {Level::kMetadata, Level::kHeaders}) {
    Pipeline p(make_config(level));
    HttpExchange exchange = make_exchange();
    exchange.request->fields.push_back({"Content-Type", "text/xml"});
    exchange.request->body = make_body("<a>b</a>");

    ASSERT_TRUE(p.redactor->input().push(exchange));

    EXPECT_EQ(p.exchange().request->body->text, "");
    EXPECT_EQ(p.exchange().request->body->withheld, "below the level");
  }
}

TEST(RedactorTest, RedactsJsonFormAndMultipartBodies) {
  const std::string secret = make_secret(24);
  const std::string bodies[][2] = {
      {"application/json", "{\"user\":\"jo\",\"password\":\"" + secret + "\"}"},
      {"application/json",
       "{\"user\":\"jo\",\"log\":\"{\\\"password\\\":\\\"" + secret + "\\\"}\"}"},
      {"application/x-www-form-urlencoded", "user=jo&password=" + secret},
      {"multipart/form-data; boundary=b1",
       "--b1\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\n" + secret +
           "\r\n--b1\r\nContent-Disposition: form-data; name=\"user\"\r\n\r\njo\r\n--b1--\r\n"},
      {"text/plain", "user: jo password=" + secret + " end"}};
  for (const auto& [type, content] : bodies) {
    Pipeline p(make_config(Level::kRedacted));
    HttpExchange exchange = make_exchange();
    exchange.request->fields.push_back({"Content-Type", type});
    exchange.request->body = make_body(content);

    ASSERT_TRUE(p.redactor->input().push(exchange));

    EXPECT_FALSE(contains(p.exchange().request->body->text, secret)) << type;
    EXPECT_TRUE(contains(p.exchange().request->body->text, "jo")) << type;
  }
}

TEST(RedactorTest, WithholdsWhatCannotBeDecoded) {
  Pipeline p(make_config(Level::kRedacted));
  HttpExchange exchange = make_exchange();
  exchange.request->body = make_body("", BodyState::kUndecodable);
  exchange.request->body.reason = "unknown coding";
  exchange.response->body = make_body(std::string("\x00\x01\xff\x02", 4));

  ASSERT_TRUE(p.redactor->input().push(exchange));

  EXPECT_EQ(p.exchange().request->body->withheld, "unknown coding");
  EXPECT_EQ(p.exchange().response->body->withheld, "binary");
  EXPECT_EQ(p.redactor->counters().withheld_bodies, 2U);
}

TEST(RedactorTest, CutBodyLosesItsLastToken) {
  Pipeline p(make_config(Level::kRedacted));
  HttpExchange exchange = make_exchange();
  exchange.request->body = make_body("{\"a\":\"first\",\"b\":\"seco", BodyState::kCut);

  ASSERT_TRUE(p.redactor->input().push(exchange));

  EXPECT_EQ(p.exchange().request->body->text, "{\"a\":\"first\",\"b\":");
  EXPECT_TRUE(p.exchange().request->body->is_cut);
}

TEST(RedactorTest, DropsAndCountsWhatIsOutOfScope) {
  Pipeline p(make_config(Level::kRedacted));
  HttpExchange other = make_exchange();
  other.request->fields[0].value = "other.example.com";
  HttpExchange unknown = make_exchange();
  unknown.request->fields.clear();
  HttpExchange inbound = make_exchange();
  inbound.inbound = true;

  ASSERT_TRUE(p.redactor->input().push(other));
  ASSERT_TRUE(p.redactor->input().push(unknown));
  ASSERT_TRUE(p.redactor->input().push(inbound));

  EXPECT_TRUE(p.sink.messages.empty());
  EXPECT_EQ(p.redactor->counters().dropped_messages, 3U);
}

TEST(RedactorTest, FlagTurnsAThirdPartyDownAndOffAndNeverUp) {
  Pipeline p(make_config(Level::kHeaders));
  HttpExchange exchange = make_exchange();
  exchange.request->body = make_body("{}");

  p.redactor->set_level("api.example.com", Level::kMetadata);
  ASSERT_TRUE(p.redactor->input().push(exchange));
  EXPECT_TRUE(p.exchange().request->fields.empty());

  p.redactor->set_level("*.example.com", std::nullopt);
  ASSERT_TRUE(p.redactor->input().push(exchange));
  EXPECT_EQ(p.sink.messages.size(), 1U);
  EXPECT_EQ(p.redactor->counters().dropped_messages, 1U);

  p.redactor->set_level("*.example.com", Level::kRedacted);
  p.redactor->set_level("api.example.com", Level::kRedacted);
  ASSERT_TRUE(p.redactor->input().push(exchange));
  EXPECT_FALSE(p.exchange().request->fields.empty());
  EXPECT_EQ(p.exchange().request->body->withheld, "below the level");
}

TEST(RedactorTest, MatchesRequestsOfTheApproval) {
  RedactorConfig config = make_config(Level::kMetadata);
  config.requests = {"x-request-id=req-9", "failed"};
  Pipeline p(std::move(config));
  HttpExchange named = make_exchange();
  named.request->fields.push_back({"X-Request-Id", "req-9"});
  HttpExchange failed = make_exchange();
  failed.response->status = 502;

  ASSERT_TRUE(p.redactor->input().push(make_exchange()));
  ASSERT_TRUE(p.redactor->input().push(named));
  ASSERT_TRUE(p.redactor->input().push(failed));

  EXPECT_EQ(p.sink.messages.size(), 2U);
}

TEST(RequestScopeTest, KeepsWhatBelongsToTheRequestAndSaysWhy) {
  RedactorConfig config = make_config(Level::kMetadata);
  config.requests = {"x-request-id=req-9"};
  Pipeline p(std::move(config));
  HttpExchange named = make_exchange();
  named.request->fields.push_back({"X-Request-Id", "req-9"});
  HttpExchange caused = make_exchange();
  caused.cause = Cause::kThread;

  ASSERT_TRUE(p.redactor->input().push(named));
  EXPECT_EQ(p.exchange().correlation, "id");
  ASSERT_TRUE(p.redactor->input().push(caused));
  EXPECT_EQ(std::get<RedactedExchange>(p.sink.messages.back().content()).correlation, "thread");
  caused.cause = Cause::kRoutine;
  ASSERT_TRUE(p.redactor->input().push(caused));
  EXPECT_EQ(std::get<RedactedExchange>(p.sink.messages.back().content()).correlation, "goroutine");
  ASSERT_TRUE(p.redactor->input().push(make_exchange()));
  EXPECT_EQ(p.sink.messages.size(), 3U);
}

TEST(RequestScopeTest, KnowsATraceByItsIdWhateverTheSpan) {
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  RedactorConfig config = make_config(Level::kMetadata);
  config.requests = {"traceparent=00-" + trace + "-00f067aa0ba902b7-01"};
  Pipeline p(std::move(config));
  HttpExchange next = make_exchange();
  next.request->fields.push_back({"traceparent", "00-" + trace + "-1111111111111111-00"});

  ASSERT_TRUE(p.redactor->input().push(next));
  EXPECT_EQ(p.sink.messages.size(), 1U);
}

// Which lines come of a thread that writes a log and makes a system call.
std::vector<std::string> lines_of_thread(const std::vector<std::string>& requests) {
  RedactorConfig config = make_config(Level::kRedacted);
  config.requests = requests;
  config.families = {"files", "logs"};
  Pipeline p(std::move(config));
  LogEvent log{};
  log.record.sequence = 1;
  log.record.sink = ST_LOG_STDERR;
  log.content = as_bytes(std::string_view("a line\n"));
  log.record.call_bytes = log.record.kept_bytes = static_cast<__u32>(log.content.size());
  CallEvent call{};
  call.record.number = 257;  // openat
  call.texts[0] = as_bytes(std::string_view("/etc/hosts"));

  EXPECT_TRUE(p.redactor->input().push(log));
  EXPECT_TRUE(p.redactor->input().push(call));
  EXPECT_TRUE(p.redactor->input().finish());

  std::vector<std::string> found;
  for (const RedactedMessage& message : p.sink.messages) {
    if (std::holds_alternative<RedactedLog>(message.content())) found.emplace_back("log");
    if (std::holds_alternative<RedactedLogTotal>(message.content())) found.emplace_back("total");
    if (std::holds_alternative<RedactedCall>(message.content())) found.emplace_back("call");
  }
  return found;
}

// Of a failed request nobody knows which of them are its. Those of a request that is told by its
// fields were chosen in the kernel.
TEST(RequestScopeTest, TellsLogsOfAnApprovedRequestOnly) {
  using Found = std::vector<std::string>;
  EXPECT_EQ(lines_of_thread({"any"}), Found({"log", "call", "total"}));
  EXPECT_EQ(lines_of_thread({"x-request-id=req-9"}), Found({"log", "call", "total"}));
  EXPECT_EQ(lines_of_thread({"failed"}), Found());
}

// What is no exchange belongs to no request.
TEST(RequestScopeTest, DropsStreamsOfOtherProtocols) {
  for (const char* request : {"x-request-id=req-9", "failed"}) {
    RedactorConfig config = make_config(Level::kRedacted);
    config.requests = {request};
    config.third_parties = {"any"};
    Pipeline p(std::move(config));
    RawStreamData data;
    data.conn_id = 5;
    data.content = "+OK\r\n";
    data.length_bytes = data.content.size();

    ASSERT_TRUE(p.redactor->input().push(data));
    EXPECT_TRUE(p.sink.messages.empty()) << request;
  }
}

TEST(RedactorTest, PlainSocketsNeedTheirFamilyAndALevelAboveMetadata) {
  HttpExchange exchange = make_exchange();
  exchange.is_plain = true;
  RawStreamData data;
  data.conn_id = exchange.conn_id;
  data.content = "text";
  data.length_bytes = 4;
  data.is_plain = true;
  struct Row {
    std::vector<std::string> families;
    Level level;
    std::size_t lines;
  };
  const Row rows[] = {{{"tls"}, Level::kRedacted, 0},
                      {{"sockets"}, Level::kMetadata, 0},
                      {{"sockets"}, Level::kHeaders, 2}};
  for (const Row& row : rows) {
    RedactorConfig config = make_config(row.level);
    config.families = row.families;
    Pipeline p(std::move(config));

    ASSERT_TRUE(p.redactor->input().push(exchange));
    ASSERT_TRUE(p.redactor->input().push(data));

    EXPECT_EQ(p.sink.messages.size(), row.lines);
    EXPECT_EQ(p.redactor->counters().dropped_messages, 2 - row.lines);
  }
}

LogEvent log_write(std::string_view text, std::uint64_t sequence) {
  LogEvent event{make_log(text), as_bytes(text)};
  event.record.sequence = sequence;
  return event;
}

TEST(RedactorLogsTest, TellsNothingOfLogsThatAreOffAtTheEnd) {
  for (const bool is_off : {false, true}) {
    RedactorConfig config = make_config(Level::kRedacted);
    config.families = {"logs"};
    Pipeline p(std::move(config));
    p.push(log_write("whole\nbegin of", 1));
    ASSERT_EQ(p.all<RedactedLog>().size(), 1U);

    if (is_off) p.redactor->set_level("", std::nullopt);
    p.push(make_process(ST_EVENT_EXIT, 100));
    EXPECT_EQ(p.all<RedactedLog>().size(), is_off ? 1U : 2U);
    ASSERT_TRUE(p.redactor->input().finish());
    EXPECT_EQ(p.all<RedactedLogTotal>().size(), is_off ? 0U : 1U);
  }
}

TEST(RedactorLogsTest, TellsNoNameOfAFileWhenTurnedDownToMetadata) {
  RedactorConfig config = make_config(Level::kRedacted);
  config.families = {"logs"};
  Pipeline p(std::move(config));
  LogEvent write = log_write("whole\n", 1);
  write.record.sink = ST_LOG_FILE;
  std::memcpy(write.record.name, "app.log", 8);
  p.push(write);
  EXPECT_EQ(p.all<RedactedLog>().at(0).file, "app.log");

  p.redactor->set_level("", Level::kMetadata);
  ASSERT_TRUE(p.redactor->input().finish());
  EXPECT_EQ(p.all<RedactedLogTotal>().at(0).file, "");
}

TEST(RedactorLogsTest, EndsALineWhereAWindowDoes) {
  RedactorConfig config = make_config(Level::kRedacted);
  config.families = {"logs"};
  Pipeline p(std::move(config));
  p.push(log_write("begin ", 1));
  p.push(StreamWindow{7, ST_WINDOW_NONE});
  p.push(log_write("of another\nwhole line\n", 2));

  const auto lines = p.all<RedactedLog>();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].withheld, "follows a loss");
  EXPECT_EQ(lines[1].text, "whole line");
}

TEST(RedactorTest, RedactsWhatAProcessIsCalled) {
  const std::string secret = make_secret(12, 8);
  Pipeline p(make_config(Level::kRedacted));
  ASSERT_TRUE(p.redactor->learn(as_bytes(secret)));
  st_process_event event = make_process(ST_EVENT_EXEC, 100);
  std::memcpy(event.comm, secret.data(), secret.size());
  p.push(event);
  std::memcpy(event.comm, "worker\0", 7);
  p.push(event);

  const auto told = p.all<RedactedProcess>();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].comm, "[REDACTED:learned]");
  EXPECT_EQ(told[0].record.comm[0], '\0');
  EXPECT_EQ(told[1].comm, "worker");
}

TEST(RedactorTest, TellsNoProcessWhenAllIsOff) {
  Pipeline p(make_config(Level::kRedacted));
  p.push(make_process(ST_EVENT_EXEC, 100));
  p.redactor->set_level("", std::nullopt);
  p.push(make_process(ST_EVENT_EXEC, 100));
  EXPECT_EQ(p.all<RedactedProcess>().size(), 1U);
}

TEST(RedactorTest, RedactsWhatAMemberIsCalled) {
  const std::string secret = make_secret(12, 8);
  Pipeline p(make_config(Level::kRedacted));
  ASSERT_TRUE(p.redactor->learn(as_bytes(secret)));
  RedactedMember member;
  member.origin.tgid = 7;
  ASSERT_TRUE(p.redactor->tell(member, secret));
  ASSERT_TRUE(p.redactor->tell({}, "worker"));

  const auto told = p.all<RedactedMember>();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].comm, "[REDACTED:learned]");
  EXPECT_EQ(told[0].origin.tgid, 7U);
  EXPECT_EQ(told[1].comm, "worker");
}

TEST(RedactorTest, TellsNoMemberWhenAllIsOffOrWithoutItsFamily) {
  RedactorConfig config = make_config(Level::kRedacted);
  config.families = {"tls"};
  Pipeline without(std::move(config));
  ASSERT_TRUE(without.redactor->tell({}, "worker"));
  EXPECT_TRUE(without.sink.messages.empty());

  Pipeline p(make_config(Level::kRedacted));
  ASSERT_TRUE(p.redactor->tell({}, "worker"));
  p.redactor->set_level("", std::nullopt);
  ASSERT_TRUE(p.redactor->tell({}, "worker"));
  EXPECT_EQ(p.all<RedactedMember>().size(), 1U);
  EXPECT_EQ(p.redactor->counters().dropped_messages, 1U);
}

TEST(RedactorTest, LearnsTheEnvironment) {
  const std::string secret = make_secret(20, 8);
  Pipeline p(make_config(Level::kRedacted));
  const std::string block = "PATH=/bin" + std::string(1, '\0') + "API_TOKEN=" + secret;

  EXPECT_EQ(p.redactor->learn_environment(as_bytes(block)), 1U);
  HttpExchange exchange = make_exchange();
  exchange.response->body = make_body("echo " + secret + " done");
  ASSERT_TRUE(p.redactor->input().push(exchange));

  EXPECT_EQ(p.exchange().response->body->text, "echo [REDACTED:learned] done");
}

TEST(RedactorTest, RefusesUnknownSettings) {
  RedactedSink sink;
  RedactorConfig config = make_config(Level::kRedacted);
  config.detectors = "standard+unknown";
  EXPECT_FALSE(Redactor::make(std::move(config), standard_rules(), sink));
  RedactorConfig bad_host = make_config(Level::kRedacted);
  bad_host.third_parties = {"a b"};
  EXPECT_FALSE(Redactor::make(std::move(bad_host), standard_rules(), sink));
}

TEST(JsonWalkTest, GivesUpOnDeepNestingAndBrokenText) {
  Scanner s;
  EXPECT_FALSE(redact_json(s.scanner, std::string(200000, '['), {}));
  EXPECT_FALSE(redact_json(s.scanner, "{\"a\":]", {}));
  EXPECT_FALSE(redact_json(s.scanner, "{\"a\":wrong}", {}));
}

}  // namespace
}  // namespace scopetrace
