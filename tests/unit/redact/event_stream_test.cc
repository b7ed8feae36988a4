// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/body/event_stream.h"

#include "tests/unit/redact/body_fixture.h"
#include "userspace/redact/body/graphql.h"

namespace scopetrace {
namespace {

std::string events(const std::string& text) {
  return without_tags(redact_as("text/event-stream", text));
}

TEST(EventStreamTest, DataLinesOfOneEventAreOneContent) {
  EXPECT_EQ(events("event: auth\nid: 7\nretry: 3000\ndata: {\"pin\":\ndata: \"1234\",\"a\":1}\n\n"
                   ": alive\n\ndata:[DONE]\n\n"),
            "event: auth\nid: 7\nretry: 3000\ndata: {\"pin\":\ndata: \"[pin]\",\"a\":1}\n\n"
            ": alive\n\ndata:[DONE]\n\n");
}

TEST(EventStreamTest, KeepsLineEndsAndTakesTheLastEventWithoutOne) {
  EXPECT_EQ(events("data: a\r\n\r\ndata: password=hunter22abc"),
            "data: a\r\n\r\ndata: password=[generic-password]");
}

TEST(EventStreamTest, NameOfTheEventAnnouncesAToken) {
  EXPECT_EQ(events("event: token\ndata: abcdefgh12345678\n\nevent: token\ndata: Hello\n\n"),
            "event: token\ndata: [generic-token]\n\nevent: token\ndata: Hello\n\n");
}

TEST(EventStreamTest, IsFoundWithoutItsType) {
  EXPECT_EQ(without_tags(redact_as("", "event: x\ndata: {\"pin\":\"1234\"}\n\n")),
            "event: x\ndata: {\"pin\":\"[pin]\"}\n\n");
}

TEST(EventStreamTest, ShapeHasTypes) {
  EXPECT_EQ(shape_as("text/event-stream", "event: x\nid: 7\ndata: {\"a\":1}\n\ndata: text\n\n"),
            "event: string\nid: number\ndata: {\"a\":\"number\"}\n\ndata: string\n\n");
}

std::string graphql(const std::string& text) {
  return without_tags(redact_as("application/graphql", text));
}

TEST(GraphqlTest, RedactsLiteralArguments) {
  EXPECT_EQ(
      graphql("mutation M($p: String = \"x\") { login(user: \"jo\", password: \"hun\\\"ter\","
              " pin: 1234, on: true, i: {apiKey: \"k1k1k1k1\", n: [1, 2]}) { id name } }"),
      "mutation M($p: String = \"x\") { login(user: \"jo\", password: \"[generic-password]\","
      " pin: \"[pin]\", on: true, i: {apiKey: \"[generic-api-key]\", n: [1, 2]}) { id name } }");
}

TEST(GraphqlTest, RedactsBlockStringsDefaultsAndComments) {
  const std::string secret = make_secret(24);
  const std::string out =
      graphql("query Q($password: String = \"" + secret + "\") { # token=" + secret +
              "\n f(secret: \"\"\"" + secret + "\"\"\", a: $b) { x } }");
  EXPECT_FALSE(contains(out, secret)) << out;
  EXPECT_TRUE(contains(out, "\"\"\"[generic-secret]\"\"\", a: $b) { x } }")) << out;
}

TEST(GraphqlTest, IsFoundInJsonAndQueries) {
  EXPECT_EQ(without_tags(
                redact_as("application/json", R"({"query":"{ f(pin: \"1234\") { a } }","x":1})")),
            R"({"query":"{ f(pin: \"[pin]\") { a } }","x":1})");
  EXPECT_EQ(without_tags(redact_as("application/x-www-form-urlencoded",
                                   "query=query%20%7Bf(pin%3A%20%221234%22)%7Ba%7D%7D&v=1")),
            "query=query%20%7Bf(pin%3A%20%22[pin]%22)%7Ba%7D%7D&v=1");
}

TEST(GraphqlTest, UnclosedStringHidesNothing) {
  const std::string secret = make_secret(24);
  EXPECT_FALSE(contains(graphql("{ f(password: \"" + secret), secret));
  EXPECT_FALSE(contains(graphql("{ f(password: \"\"\"" + secret), secret));
}

TEST(GraphqlTest, WordsThatAreNoNamesAreScanned) {
  const std::string token = make_token();
  EXPECT_EQ(graphql("query Q { a(b: " + token + ") { numberOfOpenPositions } }"),
            "query Q { a(b: [github-pat]) { numberOfOpenPositions } }");
  EXPECT_FALSE(contains(shape_as("application/graphql", "query { " + token + " }"), token));
  EXPECT_EQ(graphql("{ a(clientSecretOfThisShop: \"k1k1k1k1\", n: -1, d: 12345678901234567890) }"),
            "{ a(clientSecretOfThisShop: \"k1k1k1k1\", n: -1, d: 12345678901234567890) }");
}

TEST(GraphqlTest, ShapeHasTypes) {
  EXPECT_EQ(shape_as("application/graphql", "query { f(a: \"x\", b: 12, c: $d) { e } } # y"),
            "query { f(a: \"string\", b: number, c: $d) { e } } ");
}

}  // namespace
}  // namespace scopetrace
