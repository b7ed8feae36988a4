// SPDX-License-Identifier: Apache-2.0
// Whose a connection is, and what is not told of one that is another party's, turned off by a flag
// or the target's to answer.
#include <gmock/gmock.h>

#include "tests/support/event_builder.h"
#include "tests/unit/redact/fixture.h"
#include "userspace/redact/peers.h"

namespace scopetrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint64_t kConn = 5;  // of make_exchange()
const char* const kForeign = "other.example.com";

HttpExchange exchange_for(const std::string& host, std::uint64_t conn_id = kConn) {
  HttpExchange exchange = make_exchange();
  exchange.conn_id = conn_id;
  exchange.request->fields = {{"Host", host}};
  return exchange;
}

HttpExchange http2_for(const std::string& host, std::uint64_t conn_id = kConn) {
  HttpExchange exchange = exchange_for(host, conn_id);
  exchange.request->version = exchange.response->version = "2";
  return exchange;
}

HttpExchange tunnel_to(const std::string& host) {
  HttpExchange exchange = exchange_for(host + ":443");
  exchange.request->method = "CONNECT";
  exchange.request->target = host + ":443";
  return exchange;
}

RawStreamData stream(std::uint64_t conn_id = kConn) {
  RawStreamData data;
  data.key.tls_id = conn_id;
  data.conn_id = conn_id;
  data.content = "+OK\r\n";
  data.length_bytes = data.content.size();
  return data;
}

WebSocketMessage websocket(bool inbound = false) {
  WebSocketMessage message;
  message.conn_id = kConn;
  message.kind = WebSocketMessage::Kind::kText;
  message.body = make_body("hello");
  message.inbound = inbound;
  return message;
}

StreamGap gap(std::uint64_t conn_id = kConn, bool is_plain = false) {
  StreamGap made;
  made.conn_id = conn_id;
  made.missing_bytes = 9;
  made.is_plain = is_plain;
  return made;
}

// shutdown(2) on a connection.
CallEvent call(std::uint64_t conn_id) {
  CallEvent event{};
  event.record.header.type = ST_EVENT_CALL;
  event.record.number = 48;
  event.record.conn_id = conn_id;
  return event;
}

RedactorConfig config_for(std::vector<std::string> third_parties) {
  RedactorConfig config = make_config(Level::kRedacted);
  config.third_parties = std::move(third_parties);
  return config;
}

TEST(ThirdPartyScopeTest, NamesAConnectionOfAnotherPartyOnce) {
  Pipeline p(make_config(Level::kMetadata));
  const HttpExchange other = exchange_for(kForeign, 6);
  HttpExchange proxied = exchange_for(kForeign, 7);
  proxied.request->target = "http://other.example.com/";

  for (const HttpExchange& exchange : {make_exchange(), other, other, proxied}) p.push(exchange);

  EXPECT_THAT(p.redactor->take_foreign_connections(), ElementsAre(6));
  EXPECT_THAT(p.redactor->take_foreign_connections(), IsEmpty());
}

TEST(ThirdPartyScopeTest, MutesNoConnectionThatMayCarrySeveralHosts) {
  Pipeline p(make_config(Level::kMetadata));
  p.push(http2_for(kForeign, 6));
  p.push(make_exchange());
  p.push(exchange_for(kForeign));
  EXPECT_THAT(p.redactor->take_foreign_connections(), IsEmpty());

  p.push(exchange_for(kForeign, 8));
  EXPECT_THAT(p.redactor->take_foreign_connections(), ElementsAre(8));
}

TEST(ThirdPartyScopeTest, TakesNoTunnelForTheHostBeforeIt) {
  Pipeline p(make_config(Level::kRedacted));
  p.push(make_exchange());
  p.push(stream());
  EXPECT_EQ(p.all<RedactedStreamData>().size(), 1U);

  p.push(tunnel_to(kForeign));
  p.push(stream());
  p.push(websocket());
  EXPECT_EQ(p.all<RedactedStreamData>().size(), 1U);
  EXPECT_EQ(p.redactor->counters().dropped_messages, 3U);

  p.push(tunnel_to("api.example.com"));
  p.push(stream());
  EXPECT_EQ(p.all<RedactedStreamData>().size(), 2U);
}

// Its host could be any.
TEST(ThirdPartyScopeTest, TakesNoWebSocketForTheHostBeforeARequestWithoutOne) {
  Pipeline p(make_config(Level::kRedacted));
  p.push(make_exchange());
  p.push(websocket());
  EXPECT_EQ(p.all<RedactedStreamData>().size(), 1U);

  HttpExchange upgrade = make_exchange();
  upgrade.request->fields.clear();
  p.push(upgrade);
  p.push(websocket());
  EXPECT_EQ(p.all<RedactedStreamData>().size(), 1U);
}

TEST(ThirdPartyScopeTest, KeepsTheGoodHostOfHttp2AmongOthers) {
  Pipeline p(make_config(Level::kRedacted));
  p.push(http2_for("api.example.com"));
  p.push(http2_for(kForeign));
  p.push(gap());
  EXPECT_EQ(p.all<RedactedGap>().size(), 1U);
}

TEST(ThirdPartyScopeTest, TellsNoGapOfAnotherPartyOrOneThatIsOff) {
  Pipeline p(make_config(Level::kRedacted));
  p.push(make_exchange());
  p.push(gap());
  p.push(gap(9));  // nobody knows whose yet
  EXPECT_EQ(p.all<RedactedGap>().size(), 2U);

  p.push(exchange_for(kForeign, 6));
  p.push(gap(6));
  p.redactor->set_level("api.example.com", std::nullopt);
  p.push(gap());
  p.push(gap(9));
  EXPECT_EQ(p.all<RedactedGap>().size(), 2U);
}

TEST(ThirdPartyScopeTest, TellsGapsOfApprovedFamiliesOnly) {
  for (const bool is_plain : {false, true}) {
    RedactorConfig config = make_config(Level::kRedacted);
    config.families = {is_plain ? "sockets" : "tls"};
    Pipeline p(std::move(config));
    p.push(gap(kConn, !is_plain));
    EXPECT_THAT(p.all<RedactedGap>(), IsEmpty());
    p.push(gap(kConn, is_plain));
    EXPECT_EQ(p.all<RedactedGap>().size(), 1U);
  }
}

TEST(ThirdPartyScopeTest, TellsNoCallOnAConnectionOfAnotherPartyOrOneThatIsOff) {
  Pipeline p(make_config(Level::kRedacted));
  p.push(make_exchange());
  p.push(call(kConn));
  p.push(call(0));
  EXPECT_EQ(p.all<RedactedCall>().size(), 2U);

  p.push(exchange_for(kForeign, 6));
  p.push(call(6));
  p.redactor->set_level("api.example.com", std::nullopt);
  p.push(call(kConn));
  EXPECT_EQ(p.all<RedactedCall>().size(), 2U);
}

// The host's name itself may be redacted where it is told.
TEST(ThirdPartyScopeTest, KnowsAHostThatIsOffByItsOwnName) {
  const ScopeFilter scope = *ScopeFilter::make({"api.example.com"}, {"any"}, false);
  LevelCaps caps(Level::kRedacted);
  Peers peers(scope, caps, false);
  peers.note_kept(make_exchange(), "[REDACTED:learned]");
  EXPECT_FALSE(peers.is_closed(kConn));
  caps.set("api.example.com", std::nullopt);
  EXPECT_TRUE(peers.is_closed(kConn));
}

TEST(ThirdPartyScopeTest, RemembersAConnectionBehindItsEnd) {
  Pipeline p(make_config(Level::kRedacted));
  p.push(make_exchange());
  p.push(exchange_for(kForeign, 6));
  p.push(make_connection(kConn, ST_CONNECTION_CLOSED));
  p.push(make_connection(6, ST_CONNECTION_CLOSED));
  p.push(stream());
  p.push(stream(6));
  const auto told = p.all<RedactedStreamData>();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].conn_id, kConn);
}

TEST(ThirdPartyScopeTest, ForgetsClosedConnectionsInTheEnd) {
  const ScopeFilter scope = *ScopeFilter::make({"api.example.com"}, {"any"}, false);
  const LevelCaps caps(Level::kRedacted);
  Peers peers(scope, caps, false);
  for (std::uint64_t id = 1; id <= Peers::kMaxClosed + 1; ++id) {
    peers.note_kept(exchange_for("api.example.com", id), "api.example.com");
    peers.note(make_connection(id, ST_CONNECTION_CLOSED));
  }
  EXPECT_EQ(peers.find(1), nullptr);
  EXPECT_NE(peers.find(2), nullptr);
}

TEST(ThirdPartyScopeTest, TellsNothingOfConnectionsThatItCannotRemember) {
  const ScopeFilter scope = *ScopeFilter::make({"any"}, {"any"}, false);
  const LevelCaps caps(Level::kRedacted);
  Peers peers(scope, caps, false);
  for (std::uint64_t id = 1; id <= Peers::kMaxConnections; ++id) {
    EXPECT_FALSE(peers.is_closed(id));
    peers.note_tie(make_peer(id, id));
  }
  EXPECT_TRUE(peers.is_closed(Peers::kMaxConnections + 1));
  EXPECT_FALSE(peers.is_closed(0));
}

// What the target answers is approved by `inbound` alone, whoever the third parties are.
TEST(InboundScopeTest, TellsNoStreamThatTheTargetAccepted) {
  for (const bool inbound : {false, true}) {
    RedactorConfig config = config_for({"any"});
    config.inbound = inbound;
    Pipeline p(std::move(config));
    st_connection_event accepted = make_connection(kConn, ST_CONNECTION_OPENED);
    accepted.role = ST_ROLE_ACCEPTED;
    p.push(accepted);
    p.push(stream());
    p.push(websocket());
    p.push(gap());
    EXPECT_EQ(p.sink.messages.size(), inbound ? 4U : 0U);
  }
}

TEST(InboundScopeTest, TellsNoStreamBehindAnExchangeThatTheTargetAnswered) {
  Pipeline p(config_for({"any"}));
  p.push(stream());
  EXPECT_EQ(p.all<RedactedStreamData>().size(), 1U);

  HttpExchange answered = make_exchange();
  answered.inbound = true;
  p.push(answered);
  p.push(stream());
  EXPECT_EQ(p.all<RedactedStreamData>().size(), 1U);
}

// Where the connection is not known the frames still say who the client is.
TEST(InboundScopeTest, TellsNoWebSocketOfAClientOfTheTarget) {
  Pipeline p(config_for({"any"}));
  WebSocketMessage message = websocket(true);
  message.conn_id = 0;
  p.push(message);
  EXPECT_THAT(p.sink.messages, IsEmpty());
  message.inbound = false;
  p.push(message);
  EXPECT_EQ(p.sink.messages.size(), 1U);
}

}  // namespace
}  // namespace scopetrace
