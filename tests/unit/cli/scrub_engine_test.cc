// SPDX-License-Identifier: Apache-2.0
#include "cli/scrub_engine.h"

#include "tests/unit/redact/fixture.h"

namespace scopetrace {
namespace {

using namespace std::string_literals;

std::unique_ptr<ScrubEngine> make_engine(ScrubFormat format) {
  return *ScrubEngine::make(standard_rules(), format);
}

std::string scrub(ScrubEngine& engine, std::string_view text) {
  const auto input = engine.begin_input();
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += 7) input->push(text.substr(at, 7), out);
  input->finish(out);
  return out;
}

std::string make_request(const std::string& secret) {
  const std::string body = R"({"password": ")" + secret + R"("})";
  return "POST /v1/items HTTP/1.1\r\nHost: api.example.com\r\nContent-Type: application/json\r\n"
         "Content-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST(ScrubEngineTest, GivesEqualValuesEqualTagsInAllInputs) {
  const auto engine = make_engine(ScrubFormat::kText);
  const std::string line = "password=" + make_secret(20) + "\n";

  EXPECT_EQ(scrub(*engine, line), scrub(*engine, line));
}

TEST(ScrubEngineTest, HasAnotherKeyInEachRun) {
  const std::string line = "password=" + make_secret(20) + "\n";
  EXPECT_NE(scrub(*make_engine(ScrubFormat::kText), line),
            scrub(*make_engine(ScrubFormat::kText), line));
}

TEST(ScrubEngineTest, MatchesNothingAcrossInputs) {
  const auto engine = make_engine(ScrubFormat::kText);

  EXPECT_EQ(scrub(*engine, "password="), "password=");
  EXPECT_EQ(scrub(*engine, "plainwords\n"), "plainwords\n");
}

TEST(ScrubEngineTest, CountsClassesInEveryFormat) {
  const std::string secret = make_secret(20);
  for (const ScrubFormat format : {ScrubFormat::kText, ScrubFormat::kRecords, ScrubFormat::kHttp}) {
    const auto engine = make_engine(format);
    EXPECT_TRUE(engine->by_class().empty());

    const std::string out = scrub(*engine, make_request(secret));
    scrub(*engine, make_request(secret));

    EXPECT_FALSE(contains(out, secret));
    ASSERT_EQ(engine->by_class().size(), 1U);
    EXPECT_EQ(engine->by_class().begin()->second, 2U);
  }
}

TEST(ScrubEngineTest, ForgetsWithoutLosingCountsOrTags) {
  const auto engine = make_engine(ScrubFormat::kRecords);
  const std::string record = "password="s + make_secret(20) + '\0';
  const std::string before = scrub(*engine, record);

  engine->forget();

  EXPECT_EQ(scrub(*engine, record), before);
  EXPECT_EQ(engine->by_class().begin()->second, 2U);
}

TEST(HttpInputTest, CountsTheBytesThatBecameLengths) {
  const auto engine = make_engine(ScrubFormat::kHttp);
  const auto input = engine->begin_input();
  std::string out;
  input->push(
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: "
      "9\r\n\r\n\x1f\x8b\x08\x01\xff\xfe"
      "abc",
      out);
  input->finish(out);

  EXPECT_TRUE(contains(out, "[WITHHELD:9:")) << out;
  EXPECT_EQ(input->withheld_bytes(), 9U);
}

TEST(HttpInputTest, CountsNoMarkThatTheInputBrought) {
  const auto engine = make_engine(ScrubFormat::kHttp);
  const auto input = engine->begin_input();
  std::string out;
  input->push("HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n[WITHHELD:70:cut] ", out);
  input->finish(out);

  EXPECT_EQ(input->withheld_bytes(), 0U) << out;
}

TEST(HttpInputTest, WithholdsWhatIsOverTheLimit) {
  const auto engine = make_engine(ScrubFormat::kHttp);
  const auto input = engine->begin_input();
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n";
  std::string out;
  input->push(head, out);
  input->push(std::string(HttpTextRedactor::kMaxInput - head.size(), '\n'), out);
  input->push("12345", out);
  input->finish(out);

  EXPECT_TRUE(out.ends_with("[WITHHELD:5:over-the-size-limit]")) << out.substr(out.size() - 100);
  EXPECT_GE(input->withheld_bytes(), 5U);
}

}  // namespace
}  // namespace scopetrace
