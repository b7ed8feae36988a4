// SPDX-License-Identifier: Apache-2.0
#include "cli/scrub_report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/byte_progress.h"

namespace scopetrace {
namespace {

ScrubReport make_report() {
  return {.by_class = {{"bearer", 2}, {"email", 30}, {"pan", 2}},
          .read_bytes = 1000,
          .written_bytes = 900,
          .records = 3,
          .withheld_bytes = 50,
          .is_locked = true};
}

TEST(ScrubReportTest, TableHasTheMostFrequentClassFirst) {
  const std::string table = format_report_table(make_report());

  EXPECT_LT(table.find("email"), table.find("bearer"));
  EXPECT_LT(table.find("bearer"), table.find("pan"));
  EXPECT_NE(table.find("34\n"), table.npos) << "the sum of all classes";
}

TEST(ScrubReportTest, TableSaysWhenPlaintextIsNotLocked) {
  ScrubReport report = make_report();
  EXPECT_EQ(format_report_table(report).find("locked"), std::string::npos);

  report.is_locked = false;

  EXPECT_NE(format_report_table(report).find("could not be locked"), std::string::npos);
}

TEST(ScrubReportTest, TableEscapesNamesOfClasses) {
  ScrubReport report = make_report();
  report.by_class["a\033[2J"] = 1;

  EXPECT_EQ(format_report_table(report).find('\033'), std::string::npos);
}

TEST(ScrubReportTest, JsonIsOneLineWithAllCounts) {
  const std::string text = format_report_json(make_report());
  const nlohmann::json json = nlohmann::json::parse(text);

  EXPECT_EQ(text.find('\n'), text.size() - 1);
  EXPECT_EQ(json["by_class"]["email"], 30);
  EXPECT_EQ(json["findings"], 34);
  EXPECT_EQ(json["read_bytes"], 1000);
  EXPECT_EQ(json["written_bytes"], 900);
  EXPECT_EQ(json["records"], 3);
  EXPECT_EQ(json["withheld_bytes"], 50);
  EXPECT_EQ(json["memory_locked"], true);
}

TEST(ByteProgressTest, SaysHowMuchHowFarAndHowFast) {
  EXPECT_EQ(format_progress(1'500'000, 3'000'000, 0.5), "1.5 MB  50 %  3 MB/s");
}

TEST(ByteProgressTest, HasNoPercentOfAnUnknownSize) {
  EXPECT_EQ(format_progress(999, 0, 0.25), "999 B  0 MB/s");
}

TEST(ByteProgressTest, StopsAtAllOfAFileThatGrew) {
  EXPECT_EQ(format_progress(3'000, 2'000, 1), "3.0 kB  100 %  0 MB/s");
}

}  // namespace
}  // namespace scopetrace
