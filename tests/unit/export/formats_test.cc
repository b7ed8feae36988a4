// SPDX-License-Identifier: Apache-2.0
// What the formats make of lines that no usual capture has. Usual ones: tests/golden.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "tests/unit/export/made_line.h"
#include "tests/unit/scopes/scratch.h"
#include "userspace/export/csv_format.h"
#include "userspace/export/exporter.h"
#include "userspace/export/http_line.h"

namespace scopetrace {
namespace {

TEST(CsvTextTest, QuotesAndDefusesFormulas) {
  EXPECT_EQ(csv_text("plain text"), "plain text");
  EXPECT_EQ(csv_text("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_text("say \"hi\"\n"), "\"say \"\"hi\"\"\n\"");
  EXPECT_EQ(csv_text("=HYPERLINK(1)"), "\"'=HYPERLINK(1)\"");
  EXPECT_EQ(csv_text("@x"), "\"'@x\"");
  EXPECT_EQ(csv_text("\x1b]0;x"), "\"\\u001b]0;x\"");
  EXPECT_EQ(csv_text(""), "");
}

TEST(HttpLineTest, UrlsAreUrisWhateverTheBytes) {
  const auto url = [](const char* host, const char* target) {
    return url_of({{"request", {{"host", host}, {"target", target}}}});
  };
  EXPECT_EQ(url("a.example:8443", "/v1/x?q=%20a&b=1"), "https://a.example:8443/v1/x?q=%20a&b=1");
  EXPECT_EQ(url("a.example", "/[REDACTED:pan]"), "https://a.example/%5BREDACTED:pan%5D");
  EXPECT_EQ(url("a.example", "/50%"), "https://a.example/50%25");
  EXPECT_EQ(url("a.example", "/\xff\x1b"), "https://a.example/%FF%1B");
  EXPECT_EQ(url("", ""), "https://withheld.invalid/");
  EXPECT_EQ(url("a/b@c", "*"), "https://a%2Fb%40c/*");
}

// All formats take lines of every type with a text in every member, and lines with none.
TEST(ExportFormatsTest, WriteJsonOfWhateverLines) {
  const ScratchFolder scratch;
  OutputFolder folder = OutputFolder::make(scratch.file("out")).value();
  auto exporter = Exporter::make(find_export_profile("responder").value(), "",
                                 {"har", "otlp", "perfetto", "csv"}, folder);
  ASSERT_TRUE(exporter.has_value());
  for (const LineRules& rules : all_line_rules()) {
    exporter->take(made_line(rules));
    exporter->take("{\"type\":\"" + std::string(rules.type) + "\"}\n");
  }
  ASSERT_TRUE(exporter->finish().has_value());
  ASSERT_TRUE(folder.close_files().has_value());
  ASSERT_TRUE(folder.finish().has_value());
  EXPECT_EQ(exporter->counts().withheld, 0U);
  EXPECT_EQ(Json::parse(scratch.read("out/exchanges.har"))["log"]["entries"].size(), 2U);
  EXPECT_GE(Json::parse(scratch.read("out/trace.json"))["traceEvents"].size(),
            all_line_rules().size());
  const Json spans = Json::parse(scratch.read("out/spans.jsonl"));
  EXPECT_EQ(spans["resourceSpans"][0]["scopeSpans"][0]["spans"].size(), 2U);
}

// The one file that `format` makes of these lines.
Json exported(const std::string& format, const std::string& file, const std::vector<Json>& lines) {
  const ScratchFolder scratch;
  OutputFolder folder = OutputFolder::make(scratch.file("out")).value();
  auto exporter =
      Exporter::make(find_export_profile("responder").value(), "", {format}, folder).value();
  for (const Json& line : lines) exporter.take(dump_line(line));
  EXPECT_TRUE(exporter.finish().has_value());
  EXPECT_TRUE(folder.close_files().has_value());
  EXPECT_TRUE(folder.finish().has_value());
  return Json::parse(scratch.read("out/" + file));
}

// A line of process 10, `seconds` after the start.
Json line_at(unsigned n, unsigned seconds, const char* type, const Json& more) {
  Json line = {{"type", type},
               {"n", n},
               {"time", "2026-09-21T14:13:2" + std::to_string(seconds) + ".000000000Z"},
               {"tgid", 10},
               {"tid", 11}};
  line.update(more);
  return line;
}

Json connection_at(unsigned n, unsigned seconds, const char* state) {
  return line_at(
      n, seconds, "connection",
      {{"conn", "1"}, {"state", state}, {"peer", {{"address", "192.0.2.10"}, {"port", 8443}}}});
}

Json exchange_at(unsigned n, unsigned seconds, const Json& timing) {
  return line_at(n, seconds, "http",
                 {{"conn", "1"},
                  {"exchange", n},
                  {"inbound", false},
                  {"outcome", "complete"},
                  {"request", {{"method", "GET"}, {"target", "/"}, {"host", "a.example"}}},
                  {"timing", timing}});
}

TEST(HarFormatTest, SaysOfTheConnectionWhatBrowsersRead) {
  Json inbound = exchange_at(3, 2, Json::object());
  inbound["inbound"] = true;

  const Json har =
      exported("har", "exchanges.har",
               {connection_at(1, 0, "opened"), exchange_at(2, 1, Json::object()), inbound});

  const Json& outgoing = har["log"]["entries"][0];
  EXPECT_EQ(outgoing["serverIPAddress"], "192.0.2.10");
  EXPECT_EQ(outgoing["connection"], "8443");
  EXPECT_EQ(outgoing["_connectionId"], "1");
  EXPECT_FALSE(har["log"]["entries"][1].contains("serverIPAddress"));  // the peer is the client
  EXPECT_EQ(har["log"]["entries"][1]["_connectionId"], "1");
}

TEST(HarFormatTest, HasNoNegativePhaseAndTheSizeAsSent) {
  Json answered = exchange_at(2, 1, {{"send_ns", 2000000}});
  answered["response"] = {{"status", 200},
                          {"size", 300},
                          {"body", {{"media_type", "text/plain"}, {"length", 900}, {"text", ""}}}};

  const Json har = exported("har", "exchanges.har",
                            {answered, exchange_at(3, 2, Json::object())})["log"]["entries"];

  EXPECT_EQ(har[0]["timings"]["send"], 2.0);
  EXPECT_EQ(har[0]["timings"]["wait"], 0.0);
  EXPECT_EQ(har[0]["timings"]["receive"], 0.0);
  EXPECT_EQ(har[0]["response"]["bodySize"], 300);
  EXPECT_EQ(har[0]["response"]["content"]["size"], 900);
  EXPECT_EQ(har[1]["response"]["bodySize"], -1);
  EXPECT_EQ(har[1]["response"]["content"]["size"], 0);
}

// What began and ended on each track, in the order of time, as `+name` and `-name`.
std::map<std::string, std::vector<std::string>> tracks_of(const Json& trace) {
  std::vector<Json> events = trace["traceEvents"];
  std::stable_sort(events.begin(), events.end(), [](const Json& a, const Json& b) {
    return a.value("ts", 0.0) < b.value("ts", 0.0);
  });
  std::map<std::string, std::vector<std::string>> tracks;
  for (const Json& event : events) {
    if (!event.contains("id2")) continue;
    const std::string track = std::to_string(event["pid"].get<unsigned>()) + ":" +
                              event["id2"]["local"].get<std::string>();
    tracks[track].push_back((event["ph"] == "b" ? "+" : "-") + event["name"].get<std::string>());
  }
  return tracks;
}

TEST(PerfettoFormatTest, NestsWhatIsOnATrack) {
  const Json second = {{"wait_ns", 1000000000}};
  const Json long_wait = {{"wait_ns", 4000000000}};
  Json of_child = exchange_at(5, 3, second);
  of_child["tgid"] = 20;
  Json closed_by_child = connection_at(7, 4, "closed");
  closed_by_child["tgid"] = 20;

  const auto tracks = tracks_of(
      exported("perfetto", "trace.json",
               {line_at(0, 0, "process", {{"event", "fork"}}), exchange_at(1, 0, second),
                connection_at(2, 1, "opened"), exchange_at(3, 2, long_wait),
                exchange_at(4, 3, second), of_child, exchange_at(6, 0, second), closed_by_child}));

  const std::vector<std::string> alone = {"+GET a.example/", "+wait", "-wait", "-GET a.example/"};
  const std::vector<std::string> connection = {
      "+connection 1 ", "+GET a.example/", "+wait", "-wait", "-GET a.example/", "-connection 1 "};
  EXPECT_EQ(tracks, (std::map<std::string, std::vector<std::string>>{{"10:1", connection},
                                                                     {"10:1/1", alone},
                                                                     {"10:1/4", alone},
                                                                     {"10:1/6", alone},
                                                                     {"20:1/5", alone}}));
}

TEST(PerfettoFormatTest, NamesAProcessOnceUntilItRunsAnother) {
  const auto process = [](unsigned tid, unsigned seconds, const char* event, const char* comm) {
    return line_at(tid, seconds, "process", {{"tid", tid}, {"event", event}, {"comm", comm}});
  };
  Json other = process(30, 3, "fork", "child");
  other["tgid"] = 20;
  Json session = {{"type", "session"}, {"time", "2026-09-21T14:13:20.000000000Z"}};
  session["target"] = {{"tgid", 10}, {"context", "/usr/bin/node app.js /x"}, {"description", "x"}};
  Json nameless = exchange_at(1, 1, Json::object());
  nameless["tgid"] = 20;

  const Json trace = exported("perfetto", "trace.json",
                              {session, process(11, 1, "fork", "pool-1"), nameless, other,
                               process(12, 4, "exit", "pool-2"), process(11, 5, "exec", "sh")});

  std::vector<std::string> names;
  for (const Json& event : trace["traceEvents"]) {
    if (event["name"] != "process_name") continue;
    names.push_back(std::to_string(event["pid"].get<unsigned>()) + " " +
                    event["args"]["name"].get<std::string>());
  }
  EXPECT_EQ(names, (std::vector<std::string>{"10 node", "20 process 20", "20 child", "10 sh"}));
}

TEST(ExportFormatsTest, WriteWholeDocumentsOfNothing) {
  const ScratchFolder scratch;
  OutputFolder folder = OutputFolder::make(scratch.file("out")).value();
  auto exporter = Exporter::make(find_export_profile("responder").value(), "",
                                 {"har", "otlp", "perfetto", "csv"}, folder);
  ASSERT_TRUE(exporter->finish().has_value());
  ASSERT_TRUE(folder.close_files().has_value());
  ASSERT_TRUE(folder.finish().has_value());
  EXPECT_TRUE(Json::parse(scratch.read("out/exchanges.har"))["log"]["entries"].empty());
  EXPECT_EQ(Json::parse(scratch.read("out/trace.json"))["traceEvents"].size(), 1U);
  EXPECT_EQ(scratch.read("out/spans.jsonl"), "");
}

}  // namespace
}  // namespace scopetrace
