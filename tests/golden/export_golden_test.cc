// SPDX-License-Identifier: Apache-2.0
// What `export` writes of a bundle with a line of most types, whole.
#include <gtest/gtest.h>

#include "tests/golden/golden_file.h"
#include "tests/support/bundle_fixture.h"
#include "tests/unit/scopes/scratch.h"
#include "userspace/export/exporter.h"

namespace scopetrace {
namespace {

// Every file that all formats make of the committed lines, by name.
void check_profile(const std::string& profile, const std::string& third_party) {
  const ScratchFolder scratch;
  OutputFolder folder = OutputFolder::make(scratch.file("out")).value();
  auto exporter = Exporter::make(find_export_profile(profile).value(), third_party,
                                 {"har", "otlp", "perfetto", "csv"}, folder);
  ASSERT_TRUE(exporter.has_value());
  exporter->take(BundleFixture().start().session_line);
  std::string_view rest;
  const std::string text = read_whole(std::string(SCOPETRACE_GOLDEN_DIR) + "/timeline.jsonl");
  for (rest = text; !rest.empty(); rest.remove_prefix(rest.find('\n') + 1)) {
    exporter->take(rest.substr(0, rest.find('\n') + 1));
  }
  ASSERT_TRUE(exporter->finish().has_value());
  ASSERT_TRUE(folder.close_files().has_value());
  const auto files = folder.digests();
  ASSERT_TRUE(folder.finish().has_value());
  EXPECT_GE(files.size(), 6U);
  for (const auto& [name, digest] : files) {
    const std::string now = scratch.read("out/" + name);
    EXPECT_EQ(now, golden("export_" + profile + "_" + name, now)) << name;
  }
}

TEST(ExportGoldenTest, Responder) { check_profile("responder", ""); }

TEST(ExportGoldenTest, Vendor) { check_profile("vendor", "api.payments.example"); }

TEST(ExportGoldenTest, Hipaa) { check_profile("hipaa", ""); }

}  // namespace
}  // namespace scopetrace
