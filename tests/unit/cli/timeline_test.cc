// SPDX-License-Identifier: Apache-2.0
#include "cli/timeline.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace scopetrace {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string http(unsigned exchange, const std::string& host, int status, std::uint64_t wait_ms,
                 const std::string& more = "") {
  return fmt::format(
             R"({{"type":"http","n":{0},"time":"2026-09-21T14:13:21.{0:03}000000Z","conn":"7",)"
             R"("exchange":{0},"outcome":"complete","request":{{"method":"POST","host":"{1}",)"
             R"("target":"/v1/charges","size":100}},"response":{{"status":{2},"size":2048,)"
             R"("headers":[{3}]}},"timing":{{"wait_ns":{4}}}}})",
             exchange, host, status, more, wait_ms * 1'000'000) +
         "\n";
}

constexpr const char* kTimeout =
    R"({"type":"http","n":9,"time":"2026-09-21T14:13:29.000000000Z","exchange":9,)"
    R"("outcome":"timeout","request":{"method":"GET","host":"b.example","target":"/slow"}})"
    "\n";

std::string connection(const char* state, const char* id = "7") {
  return fmt::format(R"({{"type":"connection","time":"2026-09-21T14:13:20.000000000Z","conn":"{}",)"
                     R"("state":"{}","peer":{{"address":"192.0.2.7","port":443}},)"
                     R"("third_party":"a.example","sent_bytes":0,"received_bytes":0}})",
                     id, state) +
         "\n";
}

// What these lines look like.
std::string show(const std::vector<std::string>& lines, const TimelineFilter& filter = {},
                 TimelineStyle style = {}, bool is_json = false) {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* out = ::open_memstream(&text, &size);
  {
    Timeline timeline(out, filter, style);
    for (const std::string& line : lines) timeline.add(line, is_json);
    if (!is_json) timeline.print_footer();
  }
  std::fclose(out);
  std::string shown(text, size);
  std::free(text);
  return shown;
}

std::vector<std::string> mixed_lines() {
  return {http(1, "a.example", 200, 10), http(2, "a.example", 429, 20),
          http(3, "b.example", 503, 30), http(4, "x.b.example", 402, 40), kTimeout};
}

struct FilterRow {
  const char* name;
  TimelineFilter filter;
  std::vector<int> exchanges;  // that are shown
};

TimelineFilter during(const char* from, const char* to) {
  return {.third_party = {}, .status = {}, .exchange = 0, .from = from, .to = to};
}

class TimelineFilterTest : public testing::TestWithParam<FilterRow> {};

TEST_P(TimelineFilterTest, ShowsWhatMatches) {
  std::string expected;
  for (const int exchange : GetParam().exchanges) {
    expected += exchange == 9 ? kTimeout : mixed_lines()[static_cast<std::size_t>(exchange) - 1];
  }
  EXPECT_EQ(show(mixed_lines(), GetParam().filter, {}, true), expected);
}

INSTANTIATE_TEST_SUITE_P(
    Filters, TimelineFilterTest,
    testing::Values(
        FilterRow{"Nothing", {}, {1, 2, 3, 4, 9}},
        FilterRow{"ThirdParty", {.third_party = "a.example", .status = {}}, {1, 2}},
        FilterRow{"Suffix", {.third_party = "*.b.example", .status = {}}, {4}},
        FilterRow{"Status", {.third_party = {}, .status = "429"}, {2}},
        FilterRow{"StatusClass", {.third_party = {}, .status = "4xx"}, {2, 4}},
        FilterRow{"Errors", {.third_party = {}, .status = "error"}, {2, 3, 4, 9}},
        FilterRow{"NoStatus", {.third_party = {}, .status = "none"}, {9}},
        FilterRow{"Both", {.third_party = "b.example", .status = "5xx"}, {3}},
        FilterRow{"Exchange", {.third_party = {}, .status = {}, .exchange = 3}, {3}},
        FilterRow{"FromAMoment", during("14:13:21.003", ""), {3, 4, 9}},
        FilterRow{"ToAMoment", during("", "2026-09-21T14:13:21.002"), {1, 2}},
        FilterRow{"ToTheEndOfAMinute", during("14:13", "14:13"), {1, 2, 3, 4, 9}},
        FilterRow{"ToTheEndOfASecond", during("2026-09-21T14:13:21", "14:13:21"), {1, 2, 3, 4}},
        FilterRow{"AnotherDay", during("2026-09-22", ""), {}}),
    [](const auto& row) { return row.param.name; });

TEST(TimelineTest, ShowsWhatBecameOfAQuestion) {
  const std::string begin =
      R"({"type":"dns","time":"2026-09-21T14:13:20.000000000Z","question":"a.example",)"
      R"("question_type":"A",)";
  EXPECT_THAT(show({begin + R"("outcome":"answered","rcode":"noerror","duration_ns":3000000,)" +
                    R"("answers":[{"value":"b.example"},{"value":"192.0.2.7"}]})"}),
              HasSubstr("dns A a.example: b.example, 192.0.2.7 after 3 ms"));
  EXPECT_THAT(show({begin + R"("outcome":"answered","rcode":"nxdomain","answers":[]})"}),
              HasSubstr("dns A a.example: nxdomain"));
  EXPECT_THAT(show({begin + R"("outcome":"timeout","answers":[]})"}),
              HasSubstr("dns A a.example: timeout"));
}

TEST(TimelineTest, AddsUpEachThirdParty) {
  const std::string retry = R"({"name":"Retry-After","value":"30"})";
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* out = ::open_memstream(&text, &size);
  Timeline timeline(out, {}, {});
  for (const auto& line :
       {http(1, "a", 200, 10), http(2, "a", 429, 30, retry), http(3, "a", 500, 20)})
    timeline.add(line, true);
  std::fclose(out);
  std::free(text);

  const PartyTotals& totals = timeline.totals().parties().at("a");
  EXPECT_EQ(totals.exchanges, 3u);
  EXPECT_EQ(totals.by_class[2], 1u);
  EXPECT_EQ(totals.by_class[4], 1u);
  EXPECT_EQ(totals.rate_limited, 1u);
  EXPECT_EQ(totals.by_class[5], 1u);
  EXPECT_EQ(totals.retry_after, 1u);
  EXPECT_EQ(totals.last_retry_after, "30");
  EXPECT_EQ(percentile(totals.waits_ns, 50), 20'000'000u);
  EXPECT_EQ(percentile(totals.waits_ns, 95), 30'000'000u);
}

TEST(TimelineTest, LeavesOutConnectionsThatCarriedExchanges) {
  const std::string shown =
      show({connection("opened"), http(1, "a.example", 200, 10), connection("closed")});
  EXPECT_THAT(shown, Not(HasSubstr("connection 7")));
}

TEST(TimelineTest, ShowsConnectionsWithoutAnExchange) {
  const std::string shown =
      show({connection("opened"), connection("closed"), connection("opened", "8")});
  EXPECT_THAT(shown, HasSubstr("connection 7 closed a.example (192.0.2.7:443)"));
  EXPECT_THAT(shown, HasSubstr("still open without an exchange: connection 8"));
}

TEST(TimelineTest, ShowsEveryConnectionWhenAsked) {
  const std::string shown =
      show({connection("opened"), http(1, "a.example", 200, 10), connection("closed")}, {},
           {.has_connections = true});
  EXPECT_THAT(shown, HasSubstr("connection 7 opened"));
  EXPECT_THAT(shown, HasSubstr("1 exchanges"));
}

TEST(TimelineTest, PutsPiecesOfOneStreamTogether) {
  const std::string piece =
      R"({"type":"message","time":"2026-09-21T14:13:20.000000000Z","conn":"7",)"
      R"("direction":"ingress","length":1024,"content_class":"binary","withheld":"unknown"})"
      "\n";
  EXPECT_THAT(show({piece, piece, piece}), HasSubstr("data: 3.0 KiB in 3 pieces in binary"));
}

TEST(TimelineTest, ShowsGapsAndWithheldLines) {
  const std::string shown =
      show({R"({"type":"gap","conn":"7","direction":"ingress","position":5,"missing_bytes":4096,)"
            R"("cause":"dropped"})",
            R"({"type":"message","exchange":12,"direction":"egress","length":0,)"
            R"("content_class":"http","withheld":"line too long"})"});
  EXPECT_THAT(shown, HasSubstr("GAP: 4.0 KiB received missing at byte 5"));
  EXPECT_THAT(shown, HasSubstr("exchange #12 withheld: line too long"));
}

TEST(TimelineTest, NamesTheSignalOfAKilledProcess) {
  EXPECT_THAT(show({R"({"type":"process","tgid":5,"comm":"worker","event":"exit","signal":9})"}),
              HasSubstr("process 5 worker was killed by signal 9 KILL"));
  const std::string joined = R"({"type":"process","tgid":5,"comm":"worker","event":"joined",)";
  EXPECT_THAT(show({joined + R"("how":"forked","blind_ns":0})"}),
              HasSubstr("process 5 worker joined (forked)\n"));
  EXPECT_THAT(show({joined + R"("how":"executed","blind_ns":3000000})"}),
              HasSubstr("joined (executed), blind for 3 ms"));
  EXPECT_THAT(show({joined + R"("how":"moved"})"}), HasSubstr("joined (moved), not looked at"));
}

// Every place where a string of the target can stand holds a terminal command.
TEST(TimelineTest, EscapesHostileStringsEverywhere) {
  const std::string bad = R"(\u001b]0;x\u0007\u202e\u009b)";
  std::string line = http(1, "HOST", 200, 10,
                          R"({"name":"retry-after","value":"BAD"},{"name":"BAD","value":"BAD"})");
  line = line.substr(0, line.size() - 2) +
         R"(,"credentials":[{"class":"BAD","where":"BAD","scheme":"BAD","tag":"BAD"}],)"
         R"("data_classes":["BAD"],"request_id":"[REDACTED:BAD]","conn":"BAD","outcome":"BAD"})"
         "\n";
  std::vector<std::string> lines = {
      line,
      R"({"type":"BAD","time":"BADBADBADBADBADBADBADBADBAD"})",
      R"({"type":"process","comm":"BAD","event":"BAD"})",
      R"({"type":"gap","conn":"BAD","direction":"BAD","cause":"BAD"})",
      R"({"type":"message","conn":"BAD","content_class":"BAD","withheld":"BAD"})",
      R"({"type":"connection","conn":"BAD","state":"closed","peer":{"address":"BAD"}})",
      R"({"type":"session","target":{"description":"BAD","context":"BAD"},"level":"BAD",)"
      R"("libraries":[{"name":"BAD","covered":false,"reason":"BAD"}],"third_parties":["BAD"]})",
      R"({"type":"summary","end":"BAD"})"};
  for (std::string& each : lines) {
    for (std::size_t at = each.find("BAD"); at != std::string::npos; at = each.find("BAD", at)) {
      each.replace(at, 3, bad);
      at += bad.size();
    }
  }

  for (const std::uint64_t exchange : {0u, 1u}) {
    const std::string shown = show(lines, {.third_party = {}, .status = {}, .exchange = exchange},
                                   {.has_connections = true});
    EXPECT_EQ(shown.find_first_of("\x1b\x07"), std::string::npos);
    EXPECT_THAT(shown, Not(HasSubstr("\xe2\x80\xae")));
    EXPECT_THAT(shown, Not(HasSubstr("\xc2\x9b")));
    EXPECT_THAT(shown, HasSubstr("\\x1b]0;x\\x07"));
  }
}

TEST(TimelineTest, TakesLinesOfAnyShape) {
  const std::string deep = R"({"type":"http","request":)" + std::string(100'000, '[') +
                           std::string(100'000, ']') + "}\n";
  const std::string shown =
      show({"", "[]", "{}", "{", R"({"type":7})", R"({"type":"http","request":[],"response":7})",
            R"({"type":"session","libraries":7,"target":[]})", R"({"type":"connection","peer":[]})",
            deep});
  EXPECT_THAT(shown, HasSubstr("(unknown)"));
}

TEST(TimelineTest, EscapesJsonForATerminal) {
  const std::string line = http(1, "\xc2\x9b\xe2\x80\xae", 200, 10);
  const TimelineStyle terminal = {.is_for_terminal = true};
  EXPECT_THAT(show({line}, {}, terminal, true), HasSubstr(R"("host":"\u009b\u202e")"));
  EXPECT_EQ(show({line}, {}, {}, true), line);
}

TEST(TimelineTest, ColoursOnlyWhenAsked) {
  EXPECT_THAT(show(mixed_lines(), {}, {.is_coloured = false}), Not(HasSubstr("\x1b[")));
  EXPECT_THAT(show(mixed_lines(), {}, {.is_coloured = true}), HasSubstr("\x1b[31m"));
}

}  // namespace
}  // namespace scopetrace
