// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/redact/wire_fixture.h"

namespace scopetrace {
namespace {

std::string text_element(const std::string& name, const std::string& value) {
  return '\2' + nul(name) + little(value.size() + 1, 4) + nul(value);
}
std::string number_element(const std::string& name, std::uint32_t value) {
  return '\x10' + nul(name) + little(value, 4);
}
std::string binary_element(const std::string& name, const std::string& value) {
  return '\5' + nul(name) + little(value.size(), 4) + '\0' + value;
}
std::string document(const std::string& elements) {
  return little(elements.size() + 5, 4) + elements + '\0';
}
std::string document_element(char type, const std::string& name, const std::string& elements) {
  return type + nul(name) + document(elements);
}
std::string message(std::uint32_t operation, const std::string& payload) {
  return little(payload.size() + 16, 4) + little(1, 4) + little(0, 4) + little(operation, 4) +
         payload;
}
std::string op_msg(const std::string& elements) {
  return message(2013, little(0, 4) + '\0' + document(elements));
}
const std::string kFind = op_msg(text_element("find", "orders"));

TEST(WireMongoTest, RedactsUsersAndSaslPayloads) {
  const std::string password = make_secret(15);
  const std::string answer = std::string("\0jo\0", 4) + password;
  const std::string commands[] = {
      text_element("createUser", "jo") + text_element("pwd", password) +
          text_element("$db", "admin"),
      text_element("updateUser", "jo") + text_element("pwd", password),
      number_element("saslStart", 1) + text_element("mechanism", "PLAIN") +
          binary_element("payload", answer),
      number_element("saslContinue", 1) + text_element("payload", "r=x,p=" + password),
      number_element("hello", 1) +
          document_element('\3', "speculativeAuthenticate",
                           number_element("saslStart", 1) + text_element("payload", password))};
  for (const std::string& elements : commands) {
    const std::string stream = op_msg(elements) + kFind;
    const WireResult result = tell(stream);
    EXPECT_EQ(result.protocol, "mongodb");
    EXPECT_TRUE(is_hidden(result.text, password)) << result.text;
    EXPECT_TRUE(contains(result.text, "OP_MSG {\"find\":\"orders\"}\n")) << result.text;
    CutChecker cuts(stream);
    EXPECT_EQ(cuts.count_different(), 0U);
    EXPECT_EQ(cuts.count_leaks(password), 0U);
  }
}

TEST(WireMongoTest, NamesDecideAtEveryDepth) {
  const std::string password = make_secret(15);
  const std::string nested = document_element(
      '\4', "users",
      document_element('\3', "0", text_element("name", "jo") + text_element("password", password)));
  expect_safe(op_msg(text_element("insert", "users") + nested), "mongodb", password);
  EXPECT_TRUE(
      contains(tell(op_msg(nested)).text, R"({"users":[{"name":"jo","password":"[REDACTED:)"))
      << tell(op_msg(nested)).text;
}

TEST(WireMongoTest, TakesQueriesRepliesAndDocumentSequences) {
  const std::string password = make_secret(15);
  const std::string found =
      document(text_element("name", "jo") + text_element("password", password));
  expect_safe(message(2004, little(0, 4) + nul("shop.users") + little(0, 8) + found), "mongodb",
              password);
  expect_safe(message(1, little(0, 20) + found + found), "mongodb", password);
  const std::string section = nul("documents") + found;
  expect_safe(message(2013, little(0, 4) + '\1' + little(section.size() + 4, 4) + section),
              "mongodb", password);
}

TEST(WireMongoTest, SurvivesBrokenDocuments) {
  const std::string password = make_secret(15);
  std::string deep = text_element("password", password);
  for (int i = 0; i < 200; ++i) deep = document_element('\3', "a", deep);
  EXPECT_TRUE(is_hidden(tell(op_msg(deep)).text, password));
  const std::string elements = text_element("password", password);
  for (std::size_t at = 0; at < elements.size(); ++at) {
    for (const char byte : {'\0', '\x7f', '\xff'}) {
      std::string broken = elements;
      broken[at] = byte;
      const std::string text = tell(op_msg(broken) + kFind).text;
      const bool changes_name = at > 0 && at < 10;
      EXPECT_TRUE(changes_name || is_hidden(text, password)) << at << text;
    }
  }
}

TEST(WireMongoTest, HostileLengthsAreWithheld) {
  const std::string password = make_secret(18);
  for (const std::uint64_t length : {0ULL, 15ULL, 0xffffffffULL, 48'000'001ULL}) {
    const std::string hostile = little(length, 4) + little(0, 8) + little(2013, 4);
    EXPECT_TRUE(is_hidden(tell(kFind + hostile + nul("pwd") + password).text, password));
  }
}

}  // namespace
}  // namespace scopetrace
