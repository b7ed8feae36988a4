// SPDX-License-Identifier: Apache-2.0
#include "cli/capture_diff.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace scopetrace {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string call(const std::string& host, const std::string& target, int status,
                 std::uint64_t wait_ms, const std::string& more = "") {
  return fmt::format(R"({{"type":"http","n":1,"time":"2026-09-21T14:13:21.000000000Z","conn":"7",)"
                     R"("exchange":1,"inbound":false,"outcome":"complete",)"
                     R"("request":{{"method":"GET","host":"{}","target":"{}","size":9,)"
                     R"("headers":[{{"name":"Authorization","value":"[REDACTED:bearer:0011]"}}]}},)"
                     R"("response":{{"status":{},"size":9}},"timing":{{"wait_ns":{}}}{}}})",
                     host, target, status, wait_ms * 1'000'000, more) +
         "\n";
}

ComparedBundle bundle(const std::vector<std::string>& lines) {
  ComparedBundle made;
  made.path = "x.jsonl.zst";
  for (const std::string& line : lines) made.facts.add(line);
  return made;
}

std::string diff(const ComparedBundle& before, const ComparedBundle& after,
                 bool shows_all = false) {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* out = ::open_memstream(&text, &size);
  print_diff(out, before, after, shows_all);
  std::fclose(out);
  std::string shown(text, size);
  std::free(text);
  return shown;
}

TEST(CaptureFactsTest, CountsCallsOfAnEndpointTogether) {
  const ComparedBundle made = bundle({call("a.example", "/v1/charges/ch_1?expand=x", 200, 10),
                                      call("a.example", "/v1/charges/ch_2", 500, 30),
                                      call("a.example", "/v1/charges/{}", 0, 20)});

  ASSERT_EQ(made.facts.endpoints().size(), 1u);
  const auto& [key, facts] = *made.facts.endpoints().begin();
  EXPECT_EQ(key, (FactKey{"a.example", "GET", "/v1/charges/{}"}));
  EXPECT_EQ(facts.calls, 3u);
  EXPECT_EQ(facts.errors, 1u);
  EXPECT_EQ(facts.statuses.at(500), 1u);
  EXPECT_EQ(facts.waits.count(), 3u);
}

TEST(CaptureFactsTest, TellsCredentialsByClassAndPlaceWithoutTheirTag) {
  const ComparedBundle made =
      bundle({call("a.example", "/", 200, 1,
                   R"(,"credentials":[{"class":"bearer","where":"request.header.authorization",)"
                   R"("scheme":"Bearer","tag":"0011223344556677"}])")});

  const SightingTable expected = {
      {{"a.example", "bearer (Bearer)", "request.header.authorization"}, 1}};
  EXPECT_EQ(made.facts.credentials(), expected);
}

TEST(CaptureFactsTest, FindsThePlacesOfDataClasses) {
  const ComparedBundle made =
      bundle({call("a.example", "/x?q=[REDACTED:email:00]", 200, 1, R"(,"data_classes":["email"])"),
              call("a.example", "/x", 200, 1, R"(,"data_classes":["pan"])")});

  const SightingTable expected = {{{"a.example", "email", "request.target"}, 1},
                                  {{"a.example", "pan", "exchange"}, 1}};
  EXPECT_EQ(made.facts.data_classes(), expected);
}

TEST(CaptureFactsTest, FindsDataInMessagesAndLogs) {
  const ComparedBundle made = bundle(
      {R"({"type":"connection","conn":"3","state":"opened","third_party":"db.example"})",
       R"({"type":"message","conn":"3","direction":"egress","text":"login [REDACTED:email:00]"})",
       R"({"type":"log","sink":"stderr","classes":["bearer"]})"});

  const SightingTable expected = {{{"(own log)", "bearer", "log.stderr"}, 1},
                                  {{"db.example", "email", "message.egress"}, 1}};
  EXPECT_EQ(made.facts.data_classes(), expected);
}

TEST(CaptureFactsTest, KeepsInboundCallsApart) {
  const ComparedBundle made = bundle({R"({"type":"http","inbound":true,"request":{"host":"me"}})"});

  EXPECT_EQ(made.facts.hosts().begin()->first[0], "me (inbound)");
}

// A hostile target can name a new host and path in every call.
TEST(CaptureFactsTest, StaysBounded) {
  CaptureFacts facts;
  for (int i = 0; i < 6'000; ++i) {
    std::string word(1, static_cast<char>('a' + i % 26));
    for (int rest = i; rest > 0; rest /= 26) word += static_cast<char>('a' + rest % 26);
    facts.add(call(word, "/" + word + std::string(2'000, '/'), 200, 1));
  }

  EXPECT_EQ(facts.hosts().size(), 513u);
  EXPECT_EQ(facts.endpoints().size(), 2'049u);
  EXPECT_EQ(facts.hosts().at({"(others)", "", ""}).calls, 6'000u - 512u);
  for (const auto& [key, unused] : facts.endpoints()) EXPECT_LE(key[2].size(), 203u);
}

TEST(CaptureFactsTest, TakesLinesOfAnyShape) {
  const ComparedBundle made = bundle(
      {"", "[]", "{}", "{", R"({"type":7})", R"({"type":"http","request":[],"response":7})",
       R"({"type":"http","credentials":7,"data_classes":{"a":[1]},"request":{"headers":{"a":1}}})",
       R"({"type":"message","text":7})", R"({"type":"log","classes":"x"})",
       R"({"type":"http","request":)" + std::string(100'000, '[')});

  EXPECT_EQ(made.facts.hosts().at({"(unknown)", "", ""}).calls, 2u);
}

struct NotableRow {
  const char* name;
  CallFacts before;
  CallFacts after;
  bool is_notable;
};

CallFacts calls(std::uint64_t count, std::uint64_t errors, std::uint64_t wait_us) {
  CallFacts facts;
  facts.calls = count;
  facts.errors = errors;
  facts.waits.add(wait_us * 1'000);
  return facts;
}

CallFacts calls_without_answer() {
  CallFacts facts;
  facts.calls = 1;
  return facts;
}

class NotableChangeTest : public testing::TestWithParam<NotableRow> {};

TEST_P(NotableChangeTest, FollowsTheRule) {
  EXPECT_EQ(is_notable(GetParam().before, GetParam().after), GetParam().is_notable);
  EXPECT_EQ(is_notable(GetParam().after, GetParam().before), GetParam().is_notable);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, NotableChangeTest,
    testing::Values(
        NotableRow{"OnlyMoreCalls", calls(10, 1, 5'000), calls(1'000, 100, 5'000), false},
        NotableRow{"ErrorsByLessThanAPoint", calls(1'000, 1, 0), calls(1'000, 10, 0), false},
        NotableRow{"ErrorsByAPoint", calls(100, 1, 0), calls(100, 2, 0), true},
        NotableRow{"WaitByLessThanAFifth", calls(1, 0, 50'000), calls(1, 0, 56'000), false},
        NotableRow{"WaitByAThird", calls(1, 0, 50'000), calls(1, 0, 75'000), true},
        NotableRow{"WaitByLessThanAMillisecond", calls(1, 0, 100), calls(1, 0, 900), false},
        NotableRow{"NoAnswers", calls(1, 0, 1), calls_without_answer(), false}),
    [](const auto& row) { return row.param.name; });

TEST(CaptureDiffTest, MarksWhatIsNewGoneAndChanged) {
  const std::string shown =
      diff(bundle({call("a.example", "/old", 200, 10), call("a.example", "/slow", 200, 10),
                   call("a.example", "/same", 200, 10)}),
           bundle({call("a.example", "/slow", 200, 500), call("b.example", "/new", 200, 10),
                   call("a.example", "/same", 200, 10)}));

  EXPECT_THAT(shown, HasSubstr("- GET a.example/old "));
  EXPECT_THAT(shown, HasSubstr("~ GET a.example/slow "));
  EXPECT_THAT(shown, HasSubstr("10 ms > 499 ms"));
  EXPECT_THAT(shown, HasSubstr("+ GET b.example/new "));
  EXPECT_THAT(shown, HasSubstr("and 1 without a notable change"));
  EXPECT_THAT(shown, Not(HasSubstr("/same")));
}

TEST(CaptureDiffTest, ShowsWhatIsAlikeWhenAsked) {
  const ComparedBundle same = bundle({call("a.example", "/same", 200, 10)});

  EXPECT_THAT(diff(same, same, true), HasSubstr("  GET a.example/same "));
}

TEST(CaptureDiffTest, TellsAllOfItAsJson) {
  const auto json = diff_json(bundle({call("a.example", "/x", 200, 10)}),
                              bundle({call("a.example", "/x", 503, 10)}));

  const auto& row = json["endpoints"][0];
  EXPECT_EQ(row["path"], "/x");
  EXPECT_EQ(row["change"], "changed");
  EXPECT_EQ(row["before"]["error_percent"], 0);
  EXPECT_EQ(row["after"]["error_percent"], 100);
  EXPECT_EQ(row["after"]["statuses"]["503"], 1);
  EXPECT_EQ(json["before"]["calls"], 1);
}

// Every place where a string of the target can stand holds a terminal command.
TEST(CaptureDiffTest, EscapesHostileStringsEverywhere) {
  std::string line = call("BAD", "/BAD/[REDACTED:BAD:00]", 200, 1,
                          R"(,"data_classes":["BAD"],"credentials":[{"class":"BAD","where":"BAD",)"
                          R"("scheme":"BAD"}])");
  const std::string bad = R"(\u001b]0;x\u0007\u202e)";
  for (std::size_t at = line.find("BAD"); at != std::string::npos; at = line.find("BAD", at)) {
    line.replace(at, 3, bad);
    at += bad.size();
  }
  ComparedBundle hostile = bundle({line});
  hostile.path = hostile.report.session = hostile.report.host = "\x1b]0;x\x07";
  hostile.report.reasons = {"\x1b]0;x\x07"};

  const std::string shown = diff(hostile, bundle({}));
  EXPECT_EQ(shown.find_first_of("\x1b\x07"), std::string::npos);
  EXPECT_THAT(shown, Not(HasSubstr("\xe2\x80\xae")));
  EXPECT_THAT(shown, HasSubstr("\\x1b]0;x\\x07"));
}

}  // namespace
}  // namespace scopetrace
