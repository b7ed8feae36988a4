// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/redact/wire_fixture.h"

namespace scopetrace {
namespace {

std::string command(const std::vector<std::string>& words, char type = '*') {
  std::string out = type + std::to_string(type == '%' ? words.size() / 2 : words.size()) + "\r\n";
  for (const std::string& word : words) {
    out += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  }
  return out;
}

const std::string kPing = command({"PING"});

TEST(WireRedisTest, RedactsPasswordsOfEveryCommandThatHasOne) {
  const std::string password = make_secret(16);
  const std::vector<std::string> commands[] = {
      {"AUTH", password},
      {"auth", "jo", password},
      {"HELLO", "3", "AUTH", "jo", password, "SETNAME", "app"},
      {"ACL", "SETUSER", "jo", "on", ">" + password, "~*", "+@all"},
      {"ACL", "SETUSER", "jo", "#" + password},
      {"CONFIG", "SET", "requirepass", password},
      {"CONFIG", "SET", "maxmemory", "1gb", "masterauth", password},
      {"SENTINEL", "SET", "main", "auth-pass", password},
      {"MIGRATE", "host", "6379", "k", "0", "5000", "AUTH", password},
      {"MIGRATE", "host", "6379", "k", "0", "5000", "AUTH2", "jo", password, "KEYS", "a", "b"},
      {"HSET", "user:1", "name", "jo", "password", password},
      {"SET", "db_password", password}};
  for (const auto& words : commands) {
    const std::string stream = command(words) + kPing;
    expect_safe(stream, "redis", password);
    EXPECT_TRUE(contains(tell(stream).text, "\nPING\n")) << tell(stream).text;
  }
}

TEST(WireRedisTest, KeepsWordsThatAreNotSecret) {
  const std::string text =
      tell(command({"HELLO", "3", "AUTH", "jo", make_secret(12), "SETNAME", "app"}) +
           command({"GET", "user:1"}) + command({"CONFIG", "SET", "maxmemory", "1gb"}))
          .text;
  EXPECT_TRUE(contains(text, "HELLO 3 AUTH jo [REDACTED:generic-password:")) << text;
  EXPECT_TRUE(contains(text, " SETNAME app\nGET user:1\nCONFIG SET maxmemory 1gb\n")) << text;
}

TEST(WireRedisTest, TakesInlineCommands) {
  const std::string password = make_secret(16);
  expect_safe("PING\r\nAUTH " + password + "\r\nGET a\r\n", "redis", password);
  expect_safe("AUTH \"jo\" \"" + password + "\"\r\nGET a\r\n", "redis", password);
}

TEST(WireRedisTest, TellsRepliesByTheirNames) {
  const std::string password = make_secret(16);
  expect_safe("+OK\r\n" + command({"requirepass", password}) + ":1\r\n$-1\r\n", "redis", password);
  expect_safe("+OK\r\n" + command({"name", "jo", "password", password}, '%'), "redis", password);
  const std::string text =
      tell("+OK\r\n" + command({"name", "jo"}, '%') + "-ERR no such key\r\n").text;
  EXPECT_TRUE(contains(text, "(reply) +OK\n(array) name jo\n(reply) -ERR no such key\n")) << text;
}

TEST(WireRedisTest, TakesNestedArrays) {
  const std::string text = tell("*2\r\n*2\r\n:1\r\n:2\r\n$1\r\nx\r\n" + kPing).text;
  EXPECT_TRUE(contains(text, "PING\n")) << text;
}

TEST(WireRedisTest, GivesUpOnHostileLengths) {
  const std::string password = make_secret(18);
  for (const std::string header :
       {"*99999999999999999999\r\n", "*2\r\n$99999999999\r\n", "*1048577\r\n", "*-7\r\n"}) {
    const std::string text =
        tell(kPing + header + "$4\r\nAUTH\r\n$18\r\n" + password + "\r\n").text;
    EXPECT_TRUE(is_hidden(text, password)) << text;
  }
}

TEST(WireRedisTest, SkipsValuesAboveTheCap) {
  const std::string text = tell(command({"SET", "a", std::string(100'000, 'x')}) + kPing).text;
  EXPECT_TRUE(contains(text, "SET a [binary 100")) << text;
  EXPECT_TRUE(contains(text, "\nPING\n"));
}

TEST(WireRedisTest, GapIsStrictForGood) {
  const std::string password = make_secret(20);
  Scanner s;
  WireStream stream(s.scanner, WireDetail::kRedacted);
  std::string out;
  stream.push(kPing, out);
  stream.lose(out);
  stream.push("H\r\n$20\r\n" + password + "\r\n" + kPing, out);
  stream.finish(out);
  EXPECT_TRUE(is_hidden(out, password)) << out;
}

TEST(WireRedisTest, ShapeHasKindsOnly) {
  EXPECT_EQ(
      tell(command({"AUTH", make_secret(9)}) + command({"GET", "a"}), WireDetail::kShape).text,
      "AUTH\nGET\n");
}

}  // namespace
}  // namespace scopetrace
