// SPDX-License-Identifier: Apache-2.0
// What `show` prints for a bundle with a line of every kind.
#include <gtest/gtest.h>

#include "cli/timeline.h"
#include "tests/golden/golden_file.h"
#include "tests/support/bundle_fixture.h"
#include "tests/support/schema.h"

namespace scopetrace {
namespace {

// Every line of the committed data, LF included.
std::vector<std::string> sample_lines() {
  std::vector<std::string> lines;
  const std::string text = read_whole(std::string(SCOPETRACE_GOLDEN_DIR) + "/timeline.jsonl");
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at) + 1;
    lines.push_back(text.substr(at, end - at));
    at = end;
  }
  return lines;
}

ByteVector sample_bundle(BundleFixture& fixture) {
  fixture.fix_keys();
  FixedSealKeys seal_keys;
  return fixture.short_bundle(seal_keys, sample_lines());
}

std::string show(const TimelineFilter& filter) {
  BundleFixture fixture;
  const ByteVector bundle = sample_bundle(fixture);
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* out = ::open_memstream(&text, &size);
  Timeline timeline(out, filter, {});
  timeline.print_header(fixture.verify(bundle));
  const VerifyInputs inputs{.trust = fixture.trust(),
                            .on_line = [&](std::string_view line) { timeline.add(line, false); }};
  EXPECT_EQ(fixture.verify(bundle, inputs).verdict, Verdict::kComplete);
  timeline.print_footer();
  std::fclose(out);
  std::string shown(text, size);
  std::free(text);
  return shown;
}

TEST(TimelineGoldenTest, SampleFollowsTheSchemas) {
  ASSERT_FALSE(sample_lines().empty());
  for (const std::string& line : sample_lines()) EXPECT_EQ(schema_fault(line), "") << line;
}

TEST(TimelineGoldenTest, BundleOfTheSample) {
  BundleFixture fixture;
  const ByteVector bundle = sample_bundle(fixture);
  EXPECT_TRUE(golden("timeline.jsonl.zst", as_text(bundle)) == as_text(bundle));
}

TEST(TimelineGoldenTest, WholeBundle) {
  const std::string shown = show({});
  EXPECT_EQ(shown, golden("timeline.txt", shown));
}

TEST(TimelineGoldenTest, OneExchange) {
  const std::string shown = show({.third_party = {}, .status = {}, .exchange = 2});
  EXPECT_EQ(shown, golden("timeline_exchange.txt", shown));
}

}  // namespace
}  // namespace scopetrace
