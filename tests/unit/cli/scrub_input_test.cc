// SPDX-License-Identifier: Apache-2.0
#include "cli/scrub_input.h"

#include "tests/unit/redact/fixture.h"

namespace scopetrace {
namespace {

using namespace std::string_literals;

// The output for an input that comes in pieces of `step` bytes.
template <class Input>
std::string scrub(Input& input, std::string_view text, std::size_t step) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += step) input.push(text.substr(at, step), out);
  input.finish(out);
  return out;
}

template <class Input>
std::string scrub(std::string_view text, std::size_t step = 1 << 16) {
  static Scanner s;  // compiled once
  Input input(s.scanner);
  return scrub(input, text, step);
}

TEST(TextInputTest, KeepsTheLastWordWithoutALineEnd) {
  EXPECT_EQ(scrub<TextInput>("two\nharmless words"), "two\nharmless words");
}

TEST(TextInputTest, RedactsTheLastValueWithoutALineEnd) {
  const std::string out = scrub<TextInput>("password=" + make_secret(20));

  EXPECT_TRUE(out.starts_with("password=[REDACTED:")) << out;
  EXPECT_FALSE(contains(out, make_secret(20)));
}

TEST(TextInputTest, GivesNothingForNothing) { EXPECT_EQ(scrub<TextInput>(""), ""); }

TEST(TextInputTest, GivesTheSameForEveryPiece) {
  const std::string text = "a token=" + make_secret(30) + " b\nlast password=" + make_secret(20);
  const std::string whole = scrub<TextInput>(text);

  for (std::size_t step = 1; step < text.size(); ++step)
    EXPECT_EQ(scrub<TextInput>(text, step), whole);
}

TEST(TextInputTest, CountsWhatIsWithheld) {
  Scanner s;
  TextInput input(s.scanner);

  EXPECT_EQ(scrub(input, std::string(50000, 'x') + "\n", 1000), "[WITHHELD:50000]\n");
  EXPECT_EQ(input.withheld_bytes(), 50000U);
}

TEST(RecordInputTest, KeepsTheNumberOfRecords) {
  EXPECT_EQ(scrub<RecordInput>("a\0\0b\0"s), "a\0\0b\0"s);
  EXPECT_EQ(scrub<RecordInput>("\0"s), "\0"s);
  EXPECT_EQ(scrub<RecordInput>(""), "");
}

TEST(RecordInputTest, WritesALastRecordWithoutNul) {
  EXPECT_EQ(scrub<RecordInput>("a\0b"s), "a\0b"s);
  EXPECT_EQ(scrub<RecordInput>("b"), "b");
}

TEST(RecordInputTest, RedactsEachRecordAsIfAlone) {
  const std::string first = "password:";
  const std::string second = make_secret(20);
  Scanner s;

  const std::string out = scrub<RecordInput>(first + '\0' + second + '\0' + first + second);

  EXPECT_EQ(out, s.scanner.redact(first) + '\0' + s.scanner.redact(second) + '\0' +
                     s.scanner.redact(first + second));
  EXPECT_TRUE(out.ends_with(']')) << out;
}

TEST(RecordInputTest, GivesTheSameForEveryPiece) {
  const std::string text =
      "token=" + make_secret(30) + "\nnext line\0\0password="s + make_secret(20) + "\0rest"s;
  const std::string whole = scrub<RecordInput>(text);

  for (std::size_t step = 1; step < text.size(); ++step)
    EXPECT_EQ(scrub<RecordInput>(text, step), whole);
}

TEST(RecordInputTest, TakesTheLongestRecord) {
  const std::string longest(RecordInput::kMaxRecord, ' ');

  EXPECT_EQ(scrub<RecordInput>(longest + '\0'), longest + '\0');
}

TEST(RecordInputTest, WithholdsALongerRecordAsALength) {
  const std::string longer(RecordInput::kMaxRecord + 1, ' ');
  const std::string wanted = "a\0[WITHHELD:"s + std::to_string(longer.size()) + "]\0b"s;
  Scanner s;
  RecordInput input(s.scanner);

  EXPECT_EQ(scrub(input, "a\0"s + longer + "\0b"s, 1 << 16), wanted);
  EXPECT_EQ(scrub<RecordInput>("a\0"s + longer + "\0b"s, longer.size() + 4), wanted);
  EXPECT_EQ(input.withheld_bytes(), longer.size());
}

TEST(RecordInputTest, TellsTheMessagesOfABinaryProtocol) {
  const std::string password = make_secret(16);
  // A simple bind of LDAP.
  const std::string bind =
      "\x30\x1f\x02\x01\x01\x60\x1a\x02\x01\x03\x04\x03"
      "cn=\x80\x10" +
      password;

  const std::string out = scrub<RecordInput>("a\0"s + bind + "\0b"s);

  EXPECT_FALSE(contains(out, password)) << out;
  EXPECT_TRUE(contains(out, "cn=")) << out;
  EXPECT_TRUE(out.ends_with("\0b"s)) << out;
}

TEST(RecordInputTest, TellsOtherBinaryAsRunsAndLengths) {
  const std::string secret = make_secret(32);
  const std::string out = scrub<RecordInput>("\xff\x01\x02\x03\x88\x99harmless words\x01\x05\xfe" +
                                             secret + "\x06\x07");

  EXPECT_FALSE(contains(out, secret)) << out;
  EXPECT_TRUE(contains(out, "harmless words")) << out;
  EXPECT_TRUE(contains(out, " bytes]")) << out;
}

TEST(RecordInputTest, KeepsTextOfAnotherAlphabet) {
  EXPECT_EQ(scrub<RecordInput>("caf\xe9 cr\xe8me"), "caf\xe9 cr\xe8me");
}

TEST(RecordInputTest, CountsRecords) {
  Scanner s;
  RecordInput input(s.scanner);
  scrub(input, "a\0\0b"s, 1);

  EXPECT_EQ(input.records(), 3U);
}

}  // namespace
}  // namespace scopetrace
