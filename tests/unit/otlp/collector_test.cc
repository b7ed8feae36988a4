// SPDX-License-Identifier: Apache-2.0
#include "userspace/otlp/collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace scopetrace {
namespace {

using Outcome = CollectorAnswer::Outcome;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(CollectorAnswerTest, OnlyWhatOtlpCallsRetryableIsTriedAgain) {
  for (const long status : {429, 502, 503, 504}) {
    EXPECT_EQ(judge_answer(status, "").outcome, Outcome::kTryAgain) << status;
  }
  for (const long status : {301, 400, 401, 404, 413, 500, 501}) {
    EXPECT_EQ(judge_answer(status, "").outcome, Outcome::kRefused) << status;
  }
  EXPECT_EQ(judge_answer(200, "").outcome, Outcome::kAccepted);
  EXPECT_EQ(judge_answer(202, "{}").outcome, Outcome::kAccepted);
}

TEST(CollectorAnswerTest, CountsWhatWasDropped) {
  const auto rejected = [](std::string_view body) {
    return judge_answer(200, body).rejected_spans;
  };
  EXPECT_EQ(rejected(R"({"partialSuccess":{"rejectedSpans":"3","errorMessage":"late"}})"), 3u);
  EXPECT_EQ(rejected(R"({"partialSuccess":{"rejectedSpans":4}})"), 4u);
  EXPECT_EQ(rejected(R"({"partialSuccess":{}})"), 0u);
  EXPECT_EQ(rejected("{}"), 0u);
}

TEST(CollectorAnswerTest, TakesAnyBody) {
  for (const std::string_view body :
       {"", "null", "[", "[1]", R"({"partialSuccess":[]})", "\xff\xfe",
        R"({"partialSuccess":{"rejectedSpans":{}}})", R"({"partialSuccess":{"rejectedSpans":-1}})",
        R"({"partialSuccess":{"rejectedSpans":"x"}})"}) {
    EXPECT_EQ(judge_answer(200, body).rejected_spans, 0u) << body;
  }
}

TEST(CollectorAnswerTest, NoByteOfTheBodyIsInTheReason) {
  EXPECT_THAT(judge_answer(400, "planted-secret").reason, Not(HasSubstr("planted")));
}

TEST(CollectorUrlTest, GetsThePathOfTraces) {
  EXPECT_EQ(collector_url("http://127.0.0.1:4318").value(), "http://127.0.0.1:4318/v1/traces");
  EXPECT_EQ(collector_url("https://c.example/").value(), "https://c.example/v1/traces");
  EXPECT_EQ(collector_url("https://c.example/otlp/x").value(), "https://c.example/otlp/x");
}

TEST(CollectorUrlTest, RefusesWhatIsNoPlaceForSpans) {
  for (const char* url : {"", "c.example", "ftp://c.example", "file:///etc/passwd",
                          "https://user:word@c.example", "https://"}) {
    EXPECT_FALSE(collector_url(url).has_value()) << url;
  }
}

// Sets the headers of the environment for one test.
class CollectorHeaderTest : public ::testing::Test {
 protected:
  static bool takes(const std::string& text) {
    ::setenv("OTEL_EXPORTER_OTLP_HEADERS", text.c_str(), 1);
    return open_collector("http://127.0.0.1:1").has_value();
  }
  void TearDown() override { ::unsetenv("OTEL_EXPORTER_OTLP_HEADERS"); }
};

TEST_F(CollectorHeaderTest, TakesNamesWithValues) {
  EXPECT_TRUE(takes(""));
  EXPECT_TRUE(takes("authorization=Basic%20YTpi, x-scope-orgid = 7"));
}

TEST_F(CollectorHeaderTest, RefusesWhatWouldBecomeAnotherHeader) {
  for (const char* text :
       {"authorization", "=x", "a=", "a: b=c", "a=x%0d%0aHost: elsewhere", "a=%00b", "a=b,,c=d"}) {
    EXPECT_FALSE(takes(text)) << text;
  }
  EXPECT_FALSE(takes("a=" + std::string(5000, 'x')));
}

TEST(CollectorTest, NobodyThereIsToBeTriedAgain) {
  const auto collector = open_collector("http://127.0.0.1:1");  // tcpmux: nobody listens
  ASSERT_TRUE(collector.has_value());
  EXPECT_EQ((*collector)->send("{}").outcome, Outcome::kTryAgain);
}

}  // namespace
}  // namespace scopetrace
