// SPDX-License-Identifier: Apache-2.0
// What the formats make of lines that no usual capture has. Usual ones: tests/golden.
#include <gtest/gtest.h>

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
