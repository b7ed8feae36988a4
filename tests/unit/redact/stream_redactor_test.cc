// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/text/stream_redactor.h"

#include "tests/unit/base/memory_flags.h"
#include "tests/unit/redact/fixture.h"
#include "tests/unit/redact/idle_state.h"

namespace scopetrace {
namespace {

std::string make_log() {
  const std::string key = make_secret(64, 5);
  return "start\npassword=" + make_secret(20) + " ok\n-----BEGIN PRIVATE KEY-----\n" + key + "\n" +
         key + "\n-----END PRIVATE KEY-----\nbye token=" + make_secret(30, 2) + " end\nlast";
}

std::string redact_cut(const std::string& text, std::size_t cut) {
  Scanner s;
  StreamRedactor stream(s.scanner);
  std::string out = stream.push(std::string_view(text).substr(0, cut));
  out += stream.push(std::string_view(text).substr(cut));
  return out + stream.finish();
}

TEST(StreamRedactorTest, OutputIsTheSameForEveryCut) {
  const std::string text = make_log();
  const std::string whole = redact_cut(text, 0);

  std::size_t different = 0;
  for (std::size_t cut = 1; cut <= text.size(); ++cut) different += redact_cut(text, cut) != whole;

  EXPECT_EQ(different, 0U);
  EXPECT_FALSE(contains(whole, make_secret(64, 5)));
  EXPECT_FALSE(contains(whole, make_secret(30, 2)));
}

TEST(StreamRedactorTest, DoubledQuotationMarkIsNotCutFromItsValue) {
  const std::string secret =
      make_secret(20, 3) + ";" + make_secret(90, 4) + "," + make_secret(90, 9);
  std::size_t leaked = 0;
  for (std::size_t filler = 7900; filler < 8300; filler += 3) {
    std::string text;
    while (text.size() < filler) text += "word ";
    const std::string out = redact_cut(text + "password=''" + secret + "'' end\n", 0);
    leaked += contains(out, secret.substr(0, 20)) || contains(out, secret.substr(120));
  }
  EXPECT_EQ(leaked, 0U);
}

TEST(StreamRedactorTest, IdleStreamOwnsAtMostAKibibyte) {
  Scanner s;
  const auto make_idle = [&] {
    auto stream = std::make_unique<StreamRedactor>(s.scanner);
    std::string out;
    stream->push("started\npassword=" + make_secret(20) + " accepted\nready\n", out);
    EXPECT_EQ(stream->held_back_bytes(), 0U);
    return stream;
  };
  const std::size_t each = idle_bytes_each(make_idle);
  EXPECT_GE(each, sizeof(StreamRedactor));
  EXPECT_LE(each, 1024U);
}

TEST(StreamRedactorTest, OutputIsTheSameForSingleBytes) {
  const std::string text = make_log() + std::string(20000, 'x') + " tail\n" + make_log();
  Scanner s;
  StreamRedactor stream(s.scanner);

  std::string out;
  for (const char c : text) out += stream.push({&c, 1});
  out += stream.finish();

  EXPECT_EQ(out, redact_cut(text, 0));
  EXPECT_LE(stream.held_back_bytes(), StreamRedactor::kHoldBackBytes);
}

TEST(StreamRedactorTest, ValueOverLinesIsSeenAgainWithItsName) {
  const std::string text =
      "a\nx PASSWORD E'\nhunter 22\nx PASSWORD E'\n b c d e f g h i j k l m n\nPASSWORD E'\no\n";
  const std::string whole = redact_cut(text, 0);

  for (std::size_t cut = 1; cut < text.size(); ++cut) EXPECT_EQ(redact_cut(text, cut), whole);
  EXPECT_FALSE(contains(whole, "hunter"));
}

TEST(StreamRedactorTest, ValueBehindTheLineOfItsNameIsSeenAgainWithIt) {
  // The last line of the first part needs more, for a reason of its own.
  const std::string text = "a\n$4\r\nAUTH\r\n$26\r\nhunter48AUTH\r PASSWORD E'\r\nb\nc\n' d\n";
  const std::string whole = redact_cut(text, 0);

  for (std::size_t cut = 1; cut < text.size(); ++cut) EXPECT_EQ(redact_cut(text, cut), whole);
  EXPECT_FALSE(contains(whole, "hunter"));
}

TEST(StreamRedactorTest, HeaderThatWaitsForItsRowsIsNoRow) {
  const std::string text =
      "a\n\"id\",\"wif\",\"plan\"\n\"8741\",\"" + make_secret(30) + "\",\"basic\"\n\n8|b|c\n";
  const std::string whole = redact_cut(text, 0);

  for (std::size_t cut = 1; cut < text.size(); ++cut) EXPECT_EQ(redact_cut(text, cut), whole);
  EXPECT_TRUE(contains(whole, "\"wif\"")) << whole;
}

TEST(StreamRedactorTest, HoldsBackInMemoryForSecrets) {
  Scanner s;
  StreamRedactor stream(s.scanner);
  stream.push("password=hunter22");
  EXPECT_EQ(stream.held_back(), "password=hunter22");
  EXPECT_TRUE(is_secret_memory(stream.held_back().data()));

  stream.finish();
  EXPECT_EQ(stream.held_back().data(), nullptr);
}

TEST(StreamRedactorTest, WithholdsTheLastTokenAsALength) {
  Scanner s;
  StreamRedactor stream(s.scanner);
  std::string out = stream.push("see abc_12345");
  out += stream.finish();
  EXPECT_EQ(out, "see [WITHHELD:9]");
  EXPECT_EQ(stream.withheld_total(), 9U);
}

TEST(StreamRedactorTest, JudgesTheLastTokenOfAWholeTextAsAnyOther) {
  Scanner s;
  StreamRedactor stream(s.scanner);
  std::string out = stream.push("see abc_12345 password=" + make_secret(20));
  out += stream.finish_whole();

  EXPECT_TRUE(out.starts_with("see abc_12345 password=[REDACTED:")) << out;
  EXPECT_FALSE(contains(out, make_secret(20)));
  EXPECT_EQ(stream.withheld_total(), 0U);
}

TEST(StreamRedactorTest, WithholdsARunWithoutEndAlsoInAWholeText) {
  Scanner s;
  StreamRedactor stream(s.scanner);
  std::string out = stream.push(std::string(20000, 'x'));
  out += stream.finish_whole();

  EXPECT_EQ(out, "[WITHHELD:20000]");
}

}  // namespace
}  // namespace scopetrace
