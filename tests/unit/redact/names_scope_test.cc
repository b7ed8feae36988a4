// SPDX-License-Identifier: Apache-2.0
// Whose a connection is by SNI, DNS and Host together, and what is told of its names.
#include <gmock/gmock.h>

#include <tuple>

#include "tests/support/event_builder.h"
#include "tests/unit/redact/fixture.h"
#include "userspace/redact/known_names.h"
#include "userspace/redact/name_facts.h"

namespace scopetrace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr std::uint64_t kConn = 5;  // of make_exchange()
const char* const kHost = "api.example.com";
const char* const kOther = "other.example.com";

HttpExchange exchange_for(const std::string& host) {
  HttpExchange exchange = make_exchange();
  exchange.request->fields = {{"Host", host}};
  return exchange;
}

TlsHello hello_for(const std::string& name, bool is_final = true) {
  TlsHello hello;
  hello.conn_id = kConn;
  hello.is_final = is_final;
  hello.facts.name_state = name.empty() ? ServerNameState::kNone : ServerNameState::kGiven;
  hello.facts.server_name = name;
  hello.facts.version = "1.3";
  hello.facts.cipher = "TLS_AES_128_GCM_SHA256";
  hello.facts.certificate_state = CertificateState::kEncrypted;
  return hello;
}

DnsLookup lookup_of(const std::string& question, const std::string& address) {
  DnsLookup lookup;
  lookup.question = question;
  lookup.type = "A";
  lookup.outcome = DnsOutcome::kAnswered;
  lookup.origin.time_ns = 1'000'000;
  lookup.answers = {{.name = question, .type = "A", .value = address, .ttl_seconds = 60}};
  lookup.duration_ns = 5;
  return lookup;
}

// To 10.0.0.1.
st_connection_event connection(st_connection_state state = ST_CONNECTION_OPENED) {
  st_connection_event event = make_connection(kConn, state);
  event.role = ST_ROLE_CONNECTED;
  event.peer_address[0] = 10;
  event.peer_address[3] = 1;
  return event;
}

RawStreamData stream() {
  RawStreamData data;
  data.key.tls_id = kConn;
  data.conn_id = kConn;
  data.content = "+OK\r\n";
  data.length_bytes = data.content.size();
  return data;
}

class NamesScopeTest : public ::testing::Test {
 protected:
  explicit NamesScopeTest(Level level = Level::kRedacted) : p_(make_config(level)) {}

  std::size_t exchanges() const { return p_.all<RedactedExchange>().size(); }
  std::size_t streams() const { return p_.all<RedactedStreamData>().size(); }
  RedactedConnection line() const { return p_.all<RedactedConnection>().back(); }

  Pipeline p_;
};

TEST_F(NamesScopeTest, TakesAnExchangeWhoseNamesAgree) {
  p_.push(lookup_of(kHost, "10.0.0.1"));
  p_.push(connection());
  p_.push(hello_for("API.example.com"));
  p_.push(make_exchange());
  p_.push(connection(ST_CONNECTION_CLOSED));

  EXPECT_EQ(exchanges(), 1U);
  EXPECT_EQ(line().third_party, kHost);
  EXPECT_THAT(line().known_by, ElementsAre("sni", "dns", "host"));
  EXPECT_FALSE(line().is_mixed);
  EXPECT_THAT(p_.redactor->take_foreign_connections(), IsEmpty());
}

// Domain fronting: each name alone would do, were it the other one too.
TEST_F(NamesScopeTest, DropsAConnectionWhoseHostIsNotItsSni) {
  for (const auto& [sni, host] :
       {std::pair(kHost, kOther), std::pair(kOther, kHost), std::pair("*.example.com", kHost)}) {
    Pipeline p(make_config(Level::kRedacted));
    p.push(connection());
    p.push(hello_for(sni));
    p.push(exchange_for(host));
    p.push(make_exchange());
    p.push(stream());

    EXPECT_THAT(p.all<RedactedExchange>(), IsEmpty()) << sni;
    EXPECT_THAT(p.all<RedactedStreamData>(), IsEmpty()) << sni;
    EXPECT_THAT(p.redactor->take_foreign_connections(), ElementsAre(kConn)) << sni;
    const RedactionCounters counters = p.redactor->counters();
    EXPECT_EQ(counters.foreign_connections + counters.mixed_connections, 1U);
  }
}

TEST_F(NamesScopeTest, DropsTwoApprovedNamesThatDisagree) {
  RedactorConfig config = make_config(Level::kRedacted);
  config.third_parties = {kHost, kOther};
  Pipeline p(std::move(config));
  p.push(connection());
  p.push(hello_for(kHost));
  p.push(exchange_for(kOther));
  p.push(exchange_for(kHost));
  p.push(connection(ST_CONNECTION_CLOSED));

  EXPECT_THAT(p.all<RedactedExchange>(), IsEmpty());
  EXPECT_TRUE(p.all<RedactedConnection>().back().is_mixed);
  EXPECT_EQ(p.redactor->counters().mixed_connections, 1U);
}

// Streams of HTTP/2 have hosts of their own: one that is another's says nothing of the others.
TEST_F(NamesScopeTest, DropsTheStreamOfHttp2WhoseHostIsNotItsSni) {
  RedactorConfig config = make_config(Level::kRedacted);
  config.third_parties = {kHost, kOther};
  Pipeline p(std::move(config));
  p.push(connection());
  p.push(hello_for(kHost));
  for (const char* host : {kOther, kHost}) {
    HttpExchange exchange = exchange_for(host);
    exchange.request->version = exchange.response->version = "2";
    p.push(std::move(exchange));
  }

  EXPECT_THAT(p.all<RedactedExchange>(), SizeIs(1));
  EXPECT_THAT(p.redactor->take_foreign_connections(), IsEmpty());
}

TEST_F(NamesScopeTest, MutesAnotherThirdPartyBeforeItsFirstByte) {
  p_.push(connection());
  p_.push(hello_for(kOther, false));

  EXPECT_THAT(p_.redactor->take_foreign_connections(), ElementsAre(kConn));
  EXPECT_EQ(p_.redactor->counters().foreign_connections, 1U);
  p_.push(hello_for(kOther));
  p_.push(stream());
  EXPECT_EQ(streams(), 0U);
  EXPECT_THAT(p_.redactor->take_foreign_connections(), IsEmpty());
  EXPECT_EQ(p_.redactor->counters().foreign_connections, 1U);
}

TEST_F(NamesScopeTest, TakesANameThatIsNoneForAnotherThirdParty) {
  TlsHello hello = hello_for("");
  hello.facts.name_state = ServerNameState::kMalformed;
  p_.push(connection());
  p_.push(hello);
  p_.push(make_exchange());

  EXPECT_EQ(exchanges(), 0U);
  EXPECT_THAT(p_.redactor->take_foreign_connections(), ElementsAre(kConn));
}

TEST_F(NamesScopeTest, KeepsAWholeHelloWhateverIsLostBehindIt) {
  TlsHello lost = hello_for("");
  lost.facts.name_state = ServerNameState::kMalformed;
  lost.facts.is_cut = true;
  p_.push(connection());
  p_.push(hello_for(kHost, false));
  p_.push(lost);
  p_.push(make_exchange());

  EXPECT_EQ(exchanges(), 1U);
}

TEST_F(NamesScopeTest, DecidesByHostWhereNothingElseIsKnown) {
  p_.push(connection());
  p_.push(hello_for(""));
  p_.push(make_exchange());
  p_.push(connection(ST_CONNECTION_CLOSED));

  EXPECT_EQ(exchanges(), 1U);
  EXPECT_THAT(line().known_by, ElementsAre("host"));
}

TEST_F(NamesScopeTest, DropsAHostThatTheAddressWasNotLookedUpFor) {
  p_.push(lookup_of(kOther, "10.0.0.1"));
  p_.push(connection());
  p_.push(make_exchange());

  EXPECT_EQ(exchanges(), 0U);
  EXPECT_EQ(p_.redactor->counters().mixed_connections, 1U);
}

// A resolver puts its search domains behind short names.
TEST_F(NamesScopeTest, TakesAShortNameThatWasLookedUpWithASearchDomain) {
  for (const auto& [host, question, kept] :
       {std::tuple("payments", "payments.shop.svc.cluster.local", 1U),
        std::tuple("payments", "payments2.shop.svc.cluster.local", 0U),
        std::tuple("api.example.com", "api.example.com.evil.example", 0U)}) {
    RedactorConfig config = make_config(Level::kRedacted);
    config.third_parties = {host};
    Pipeline p(std::move(config));
    p.push(lookup_of(question, "10.0.0.1"));
    p.push(connection());
    p.push(exchange_for(host));
    EXPECT_THAT(p.all<RedactedExchange>(), SizeIs(kept)) << question;
  }
}

TEST_F(NamesScopeTest, TakesEachNameThatAnAddressWasLookedUpFor) {
  p_.push(lookup_of(kOther, "10.0.0.1"));
  p_.push(lookup_of(kHost, "10.0.0.1"));
  p_.push(connection());
  p_.push(make_exchange());

  EXPECT_EQ(exchanges(), 1U);
}

TEST_F(NamesScopeTest, DropsAnSniThatTheAddressWasNotLookedUpFor) {
  p_.push(lookup_of(kOther, "10.0.0.1"));
  p_.push(connection());
  p_.push(hello_for(kHost));
  p_.push(stream());

  EXPECT_EQ(streams(), 0U);
  EXPECT_THAT(p_.redactor->take_foreign_connections(), ElementsAre(kConn));
}

TEST_F(NamesScopeTest, ComparesNothingOfProxies) {
  p_.push(lookup_of("proxy.corp.example", "10.0.0.1"));
  p_.push(connection());
  HttpExchange absolute = make_exchange();
  absolute.request->target = "http://api.example.com/v1/items/42";
  p_.push(absolute);
  HttpExchange tunnel = exchange_for("api.example.com:443");
  tunnel.request->method = "CONNECT";
  tunnel.request->target = "api.example.com:443";
  p_.push(tunnel);
  p_.push(hello_for(kHost));  // inside the tunnel
  p_.push(make_exchange());

  EXPECT_EQ(exchanges(), 3U);
  EXPECT_THAT(p_.redactor->take_foreign_connections(), IsEmpty());
}

struct NoProxyCase {
  const char* name;
  const char* method;
  const char* target;
  std::vector<HttpField> fields;
};
void PrintTo(const NoProxyCase& row, std::ostream* out) { *out << row.name; }
class NoProxyTest : public ::testing::TestWithParam<NoProxyCase> {};

// Such a request says nothing of a proxy: the names before it stay.
TEST_P(NoProxyTest, ComparesNames) {
  for (const char* version : {"1.1", "2"}) {
    HttpExchange exchange = make_exchange();
    HttpRequest& request = *exchange.request;
    request.method = GetParam().method;
    request.target = GetParam().target;
    request.fields.insert(request.fields.end(), GetParam().fields.begin(), GetParam().fields.end());
    request.version = exchange.response->version = version;
    HttpExchange next = make_exchange();
    next.request->version = next.response->version = version;
    Pipeline p(make_config(Level::kRedacted));
    p.push(lookup_of(kOther, "10.0.0.1"));
    p.push(connection());
    p.push(exchange);
    p.push(next);

    EXPECT_THAT(p.all<RedactedExchange>(), IsEmpty()) << version;
    EXPECT_EQ(p.redactor->counters().mixed_connections, 1U) << version;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Targets, NoProxyTest,
    ::testing::Values(
        NoProxyCase{"Unknown", "GET", "<unknown>", {}},
        NoProxyCase{"UnknownOfConnect", "CONNECT", "<unknown>", {}},
        NoProxyCase{"NoSlash", "GET", "v1/items", {}},
        NoProxyCase{"UrlInside", "GET", "v1?to=http://api.example.com/", {}},
        NoProxyCase{"NoHost", "GET", "http://", {}}, NoProxyCase{"Asterisk", "OPTIONS", "*", {}},
        NoProxyCase{"PathOfConnect", "CONNECT", "/chat", {}},
        NoProxyCase{
            "ProtocolOfConnect", "CONNECT", "api.example.com", {{":protocol", "websocket"}}},
        NoProxyCase{"PartsOfConnect", "CONNECT", "api.example.com", {{"<unknown:idx 70>", ""}}}),
    [](const auto& row) { return std::string(row.param.name); });

TEST_F(NamesScopeTest, NeverMutesAProxy) {
  HttpExchange tunnel = exchange_for("api.example.com:443");
  tunnel.request->method = "CONNECT";
  tunnel.request->target = "api.example.com:443";
  p_.push(connection());
  p_.push(tunnel);
  p_.push(hello_for(kOther));
  p_.push(exchange_for(kOther));

  EXPECT_EQ(exchanges(), 1U);
  EXPECT_THAT(p_.redactor->take_foreign_connections(), IsEmpty());
}

TEST_F(NamesScopeTest, TakesStreamsOfAnApprovedSniOrLookup) {
  p_.push(stream());
  EXPECT_EQ(streams(), 0U);

  p_.push(connection());
  p_.push(hello_for(kHost));
  p_.push(stream());
  EXPECT_EQ(streams(), 1U);

  Pipeline by_dns(make_config(Level::kRedacted));
  by_dns.push(lookup_of(kHost, "10.0.0.1"));
  by_dns.push(connection());
  by_dns.push(stream());
  by_dns.push(connection(ST_CONNECTION_CLOSED));
  EXPECT_THAT(by_dns.all<RedactedStreamData>(), SizeIs(1));
  EXPECT_THAT(by_dns.all<RedactedConnection>().back().known_by, ElementsAre("dns"));
}

// It was taken for one of another third party, and the stream with it.
TEST_F(NamesScopeTest, TakesTheStreamBehindAnAnswerThatNobodyAskedFor) {
  HttpExchange answer = make_exchange();
  answer.request.reset();
  p_.push(connection());
  p_.push(hello_for(kHost));
  p_.push(answer);
  p_.push(stream());

  EXPECT_EQ(exchanges(), 0U);
  EXPECT_EQ(streams(), 1U);
}

TEST_F(NamesScopeTest, TakesNoStreamOfAnAddressThatMayBeAnothers) {
  p_.push(lookup_of(kOther, "10.0.0.1"));
  p_.push(lookup_of(kHost, "10.0.0.1"));
  p_.push(connection());
  p_.push(stream());

  EXPECT_EQ(streams(), 0U);
}

// The name that made room for the last one counts though nobody knows it any more.
TEST_F(NamesScopeTest, TakesNoStreamOfAnAddressOfMoreNamesThanAreKept) {
  for (const std::string& first : {std::string(kOther), std::string("n.api.example.com")}) {
    for (const std::size_t more : {KnownNames::kMaxNames - 1, KnownNames::kMaxNames}) {
      RedactorConfig config = make_config(Level::kRedacted);
      config.third_parties = {"*.api.example.com"};
      Pipeline p(std::move(config));
      p.push(lookup_of(first, "10.0.0.1"));
      for (std::size_t i = 0; i < more; ++i)
        p.push(lookup_of(std::to_string(i) + ".api.example.com", "10.0.0.1"));
      p.push(connection());
      p.push(stream());

      const bool is_known = first != kOther && more < KnownNames::kMaxNames;
      EXPECT_THAT(p.all<RedactedStreamData>(), SizeIs(is_known ? 1 : 0)) << first << " " << more;
    }
  }
}

TEST_F(NamesScopeTest, TakesNoStreamByANameInFrontOfAnEncryptedHello) {
  TlsHello hello = hello_for(kHost);
  hello.facts.offers_ech = true;
  p_.push(connection());
  p_.push(hello);
  p_.push(stream());

  EXPECT_EQ(streams(), 0U);
}

TEST_F(NamesScopeTest, TakesNoStreamThatTheTargetAccepted) {
  TlsHello hello = hello_for(kHost);
  hello.is_server = true;
  p_.push(hello);
  p_.push(stream());

  EXPECT_EQ(streams(), 0U);
}

TEST_F(NamesScopeTest, AppliesFlagsByName) {
  p_.redactor->set_level(kHost, Level::kShape);
  p_.push(connection());
  p_.push(hello_for(kHost));
  p_.push(stream());
  EXPECT_TRUE(p_.all<RedactedStreamData>().back().is_shape);

  p_.redactor->set_level(kHost, std::nullopt);
  p_.push(stream());
  p_.push(connection(ST_CONNECTION_CLOSED));
  p_.push(lookup_of(kHost, "10.0.0.1"));
  EXPECT_EQ(streams(), 1U);
  EXPECT_NE(line().record.state, ST_CONNECTION_CLOSED);
  EXPECT_THAT(p_.all<RedactedDns>(), IsEmpty());
}

TEST_F(NamesScopeTest, ComparesNothingWhereEveryThirdPartyIsApproved) {
  RedactorConfig config = make_config(Level::kRedacted);
  config.third_parties = {"any"};
  Pipeline p(std::move(config));
  p.push(connection());
  p.push(hello_for(kOther));
  p.push(make_exchange());
  p.push(connection(ST_CONNECTION_CLOSED));

  EXPECT_THAT(p.all<RedactedExchange>(), SizeIs(1));
  EXPECT_EQ(p.redactor->counters().mixed_connections, 0U);
}

TEST_F(NamesScopeTest, TellsAHandshakeOnceItIsOver) {
  p_.push(connection());
  p_.push(hello_for(kHost, false));
  EXPECT_THAT(p_.all<RedactedConnection>(), SizeIs(1));

  p_.push(hello_for(kHost));

  EXPECT_TRUE(line().is_handshake);
  ASSERT_TRUE(line().tls.has_value());
  EXPECT_EQ(line().tls->cipher, "TLS_AES_128_GCM_SHA256");
  EXPECT_EQ(line().tls->certificate_is, "encrypted");
  EXPECT_EQ(line().third_party, kHost);
}

TEST_F(NamesScopeTest, TellsNamesUnderRequestScopeOnlyWhereARequestWasTold) {
  RedactorConfig config = make_config(Level::kRedacted);
  config.requests = {"x-request-id=req-1"};
  Pipeline p(std::move(config));
  HttpExchange kept = make_exchange();
  kept.request->fields.push_back({"X-Request-Id", "req-1"});
  p.push(connection());
  p.push(hello_for(kHost));
  p.push(make_exchange());
  ASSERT_THAT(p.all<RedactedConnection>(), SizeIs(1));
  EXPECT_EQ(p.all<RedactedConnection>()[0].third_party, "");
  EXPECT_FALSE(p.all<RedactedConnection>()[0].tls.has_value());

  p.push(kept);

  ASSERT_THAT(p.all<RedactedExchange>(), SizeIs(1));
  ASSERT_THAT(p.all<RedactedConnection>(), SizeIs(2));
  EXPECT_TRUE(p.all<RedactedConnection>()[1].is_handshake);
}

TEST_F(NamesScopeTest, RedactsNames) {
  const std::string token = make_token();
  const std::string random = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
  TlsHello hello = hello_for(token + ".example.com");
  hello.facts.version = "1.2";
  hello.facts.certificate_state = CertificateState::kSeen;
  hello.facts.certificate.subject = token;
  hello.facts.certificate.issuer = "issuer " + token;
  hello.facts.alpn_offered = {token};
  DnsLookup lookup = lookup_of(random + ".example.com", "10.0.0.1");
  lookup.answers.push_back(
      {.name = token + ".a", .type = "CNAME", .value = token + ".b", .ttl_seconds = 1});
  p_.push(connection());
  p_.push(hello);
  p_.push(lookup);

  const RedactedTls tls = *line().tls;
  const RedactedDns dns = p_.all<RedactedDns>().back();
  for (const std::string& text :
       {tls.server_name, tls.certificate->subject, tls.certificate->issuer, tls.alpn_offered.at(0),
        dns.answers.at(1).name, dns.answers.at(1).value, dns.question}) {
    EXPECT_THAT(text, HasSubstr("[REDACTED:"));
    EXPECT_THAT(text, Not(HasSubstr(token)));
    EXPECT_THAT(text, Not(HasSubstr(random)));
  }
  EXPECT_THAT(dns.question, ::testing::EndsWith(".example.com"));
}

TEST(HostNameTest, KeepsNamesThatPeopleMake) {
  Scanner s;
  for (const char* name :
       {"api.example.com", "xn--bcher-kva.example", "d111111abcdef8.cloudfront.example",
        "ip-10-0-0-12.eu-central-1.compute.internal", "my-db.cluster-c9akciq32ab.rds.example"})
    EXPECT_EQ(redact_host_name(s.scanner, name), name);
  EXPECT_EQ(redact_host_name(s.scanner, "API.Example.COM"), "api.example.com");
}

TEST(HostNameTest, RedactsARandomLabelBesideAToken) {
  Scanner s;
  const std::string token = make_token();
  const std::string random = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
  for (const std::string& name :
       {token + "." + random + ".example.com", random + "." + token + ".example.com"}) {
    const std::string told = redact_host_name(s.scanner, name);
    EXPECT_THAT(told, Not(HasSubstr(token)));
    EXPECT_THAT(told, Not(HasSubstr(random)));
    EXPECT_THAT(told, HasSubstr("].[REDACTED:"));
    EXPECT_THAT(told, ::testing::EndsWith("].example.com"));
  }
}

TEST(KnownNamesTest, FollowsAliasesOfTheQuestionOnly) {
  KnownNames names;
  DnsLookup lookup = lookup_of(kHost, "10.0.0.1");
  lookup.answers = {
      {.name = "API.example.com", .type = "CNAME", .value = "cdn.example", .ttl_seconds = 9},
      {.name = "b.example", .type = "A", .value = "10.0.0.2", .ttl_seconds = 9},
      {.name = "CDN.example", .type = "A", .value = "10.0.0.1", .ttl_seconds = 9}};
  names.learn(lookup);

  EXPECT_THAT(names.names_of(connection()), ElementsAre(kHost));
  st_connection_event other = connection();
  other.peer_address[3] = 2;
  EXPECT_THAT(names.names_of(other), IsEmpty());
}

TEST(KnownNamesTest, ForgetsWhatIsTooOld) {
  KnownNames names;
  DnsLookup lookup = lookup_of(kHost, "10.0.0.1");
  names.learn(lookup);
  st_connection_event late = connection();
  late.header.time_ns = lookup.origin.time_ns + KnownNames::kLeastKeptNs;
  EXPECT_THAT(names.names_of(late), SizeIs(1));
  ++late.header.time_ns;
  EXPECT_THAT(names.names_of(late), IsEmpty());

  lookup.answers[0].ttl_seconds = 3600;
  names.learn(lookup);
  EXPECT_THAT(names.names_of(late), SizeIs(1));
}

TEST(KnownNamesTest, LearnsNothingFromAnAnswerThatIsNone) {
  KnownNames names;
  DnsLookup lookup = lookup_of(kHost, "10.0.0.1");
  lookup.outcome = DnsOutcome::kTruncated;
  names.learn(lookup);
  EXPECT_THAT(names.names_of(connection()), IsEmpty());
}

TEST(KnownNamesTest, IsBounded) {
  KnownNames names;
  names.learn(lookup_of(kHost, "10.0.0.1"));
  for (std::size_t i = 0; i < 2 * KnownNames::kMaxNames; ++i)
    names.learn(lookup_of(std::to_string(i) + ".example", "10.0.0.1"));
  EXPECT_THAT(names.names_of(connection()), SizeIs(KnownNames::kMaxNames));

  for (std::size_t i = 0; i < KnownNames::kMaxAddresses; ++i)
    names.learn(
        lookup_of(kHost, "10.1." + std::to_string(i / 256) + "." + std::to_string(i % 256)));
  EXPECT_THAT(names.names_of(connection()), IsEmpty());
}

TEST(KnownNamesTest, IsCrowdedAsLongAsTheForgottenNameCounts) {
  KnownNames names;
  for (std::size_t i = 0; i <= KnownNames::kMaxNames; ++i) {
    EXPECT_FALSE(names.is_crowded(connection())) << i;
    names.learn(lookup_of(std::to_string(i) + ".example", "10.0.0.1"));
  }
  st_connection_event late = connection();
  late.header.time_ns = lookup_of(kHost, "").origin.time_ns + KnownNames::kLeastKeptNs;
  EXPECT_TRUE(names.is_crowded(late));
  ++late.header.time_ns;
  EXPECT_FALSE(names.is_crowded(late));
}

TEST(KnownNamesTest, TakesAnAddressForCrowdedWhoseNamesWereForgotten) {
  KnownNames names;
  DnsLookup other = lookup_of(kOther, "10.0.0.1");
  names.learn(other);
  for (std::size_t i = 0; i < KnownNames::kMaxAddresses; ++i)
    names.learn(
        lookup_of(kHost, "10.1." + std::to_string(i / 256) + "." + std::to_string(i % 256)));
  names.learn(lookup_of(kHost, "10.0.0.1"));
  EXPECT_THAT(names.names_of(connection()), ElementsAre(kHost));
  EXPECT_TRUE(names.is_crowded(connection()));

  st_connection_event late = connection();
  late.header.time_ns = other.origin.time_ns + KnownNames::kLeastKeptNs + 1;
  EXPECT_FALSE(names.is_crowded(late));
}

TEST(KnownNamesTest, ForgetsThoseFirstThatAreTooOld) {
  KnownNames names;
  DnsLookup kept = lookup_of(kHost, "10.0.0.1");
  kept.answers[0].ttl_seconds = 3600;
  names.learn(kept);
  for (std::size_t i = 1; i < KnownNames::kMaxNames; ++i)
    names.learn(lookup_of(std::to_string(i) + ".example", "10.0.0.1"));
  DnsLookup late = lookup_of(kOther, "10.0.0.1");
  late.origin.time_ns += KnownNames::kLeastKeptNs + 1;
  names.learn(late);

  st_connection_event then = connection();
  then.header.time_ns = late.origin.time_ns;
  EXPECT_THAT(names.names_of(then), ElementsAre(kHost, kOther));
  EXPECT_FALSE(names.is_crowded(then));
}

TEST(KnownNamesTest, KnowsIpv4InsideIpv6) {
  KnownNames names;
  names.learn(lookup_of(kHost, "10.0.0.1"));
  st_connection_event mapped = connection();
  mapped.family = AF_INET6;
  const __u8 address[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1};
  std::copy(std::begin(address), std::end(address), mapped.peer_address);

  EXPECT_THAT(names.names_of(mapped), ElementsAre(kHost));
}

}  // namespace
}  // namespace scopetrace
