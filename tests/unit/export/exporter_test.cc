// SPDX-License-Identifier: Apache-2.0
#include "userspace/export/exporter.h"

#include <gtest/gtest.h>

#include "tests/unit/scopes/scratch.h"

namespace scopetrace {
namespace {

std::string session_line() {
  return R"({"type":"session","format":1,"time":"2026-09-21T14:13:20.000000000Z"})"
         "\n";
}
std::string exchange_of(const std::string& host, int n) {
  return R"({"type":"http","n":)" + std::to_string(n) +
         R"(,"time":"2026-09-21T14:13:21.000000000Z","request":{"host":")" + host + "\"}}\n";
}
std::string connection_line(const char* conn, const char* state, const std::string& party) {
  const std::string name = party.empty() ? "" : ",\"third_party\":\"" + party + "\"";
  return std::string(R"({"type":"connection","conn":")") + conn + R"(","state":")" + state + "\"" +
         name + "}\n";
}
std::string data_line(const char* conn) {
  return std::string(R"({"type":"message","conn":")") + conn + "\"}\n";
}

TEST(PartySelectorTest, TakesWhatIsOfTheParty) {
  PartySelector selector("*.a.example");
  const auto takes = [&](const std::string& line) { return selector.takes(Json::parse(line)); };
  EXPECT_TRUE(takes(session_line()));
  EXPECT_TRUE(takes(exchange_of("x.a.example:443", 1)));
  EXPECT_FALSE(takes(exchange_of("b.example", 1)));
  EXPECT_FALSE(takes(data_line("1")));
  EXPECT_FALSE(takes(connection_line("1", "opened", "")));
  EXPECT_TRUE(takes(connection_line("1", "handshake", "x.a.example")));
  EXPECT_TRUE(takes(data_line("1")));
  EXPECT_FALSE(takes(data_line("2")));
  EXPECT_TRUE(takes(connection_line("1", "closed", "x.a.example")));
  EXPECT_FALSE(takes(data_line("1")));
  EXPECT_FALSE(takes(R"({"type":"log","text":"x.a.example"})"));
  EXPECT_FALSE(takes(
      R"({"type":"connection","conn":"3","third_party":"x.a.example","names_disagree":true})"));
}

TEST(ExporterTest, CountsWhereEveryLineWent) {
  const ScratchFolder scratch;
  OutputFolder folder = OutputFolder::make(scratch.file("out")).value();
  auto exporter =
      Exporter::make(find_export_profile("responder").value(), "a.example", {"csv"}, folder);
  ASSERT_TRUE(exporter.has_value());
  for (const std::string& line :
       {session_line(), exchange_of("a.example", 1), exchange_of("b.example", 2),
        std::string("{\"type\":\"http\",\"new\":1,\"request\":{\"host\":\"a.example\"}}\n")}) {
    exporter->take(line);
  }
  ASSERT_TRUE(exporter->finish().has_value());
  const ExportCounts counts = exporter->counts();
  EXPECT_EQ(counts.lines, 4U);
  EXPECT_EQ(counts.kept, 2U);
  EXPECT_EQ(counts.derived, 1U);
  EXPECT_EQ(counts.withheld, 1U);
  EXPECT_EQ(counts.unknown, 1U);
}

TEST(ExporterTest, NamesTheFormatsThereAre) {
  const ScratchFolder scratch;
  OutputFolder folder = OutputFolder::make(scratch.file("out")).value();
  const auto exporter = Exporter::make(find_export_profile("pci").value(), "", {"pcap"}, folder);
  ASSERT_FALSE(exporter.has_value());
  EXPECT_EQ(exporter.error().code(), ErrorCode::kUsage);
  EXPECT_NE(exporter.error().hint().find("perfetto"), std::string::npos);
}

}  // namespace
}  // namespace scopetrace
