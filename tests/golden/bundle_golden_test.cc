// SPDX-License-Identifier: Apache-2.0
// The same keys, clocks and lines give the same bundle, and docs/bundle-format.md explains that
// one. Compressed bytes are those of the libzstd that wrote the file; another may differ.
#include <gtest/gtest.h>

#include <cstdio>
#include <sstream>

#include "tests/golden/golden_file.h"
#include "tests/support/bundle_fixture.h"

namespace scopetrace {
namespace {

constexpr const char* kName = "sample.jsonl.zst";

ByteVector make_sample() {
  BundleFixture fixture;
  fixture.fix_keys();
  FixedSealKeys seal_keys;
  return fixture.bundle_by(seal_keys);
}

// The page, and what it says about the committed bundle.
class BundleFormatDocsTest : public testing::Test {
 protected:
  bool shows(std::string_view text) const {
    return page_.find("```\n" + std::string(text) + "```\n") != std::string::npos;
  }

  std::string page_ = read_whole(std::string(SCOPETRACE_DOCS_DIR) + "/bundle-format.md");
  ByteVector bundle_ = make_sample();
};

TEST(BundleGoldenTest, FixedKeysGiveTheSameBytes) {
  const ByteVector bundle = make_sample();

  EXPECT_EQ(make_sample(), bundle);
  EXPECT_TRUE(golden(kName, as_text(bundle)) == as_text(bundle)) << "the bundle has changed";
}

TEST(BundleGoldenTest, IsComplete) {
  BundleFixture fixture;
  fixture.fix_keys();
  EXPECT_EQ(fixture.verify(make_sample()).verdict, Verdict::kComplete);
}

TEST_F(BundleFormatDocsTest, ShowsTheSignedTexts) {
  const std::vector<Frame> frames = frames_of(bundle_);
  EXPECT_TRUE(shows(frames[1].text())) << "session text";
  EXPECT_TRUE(shows(frames[5].text())) << "seal 0";
  EXPECT_TRUE(shows(frames[frames.size() - 2].text())) << "final note";
}

TEST_F(BundleFormatDocsTest, ListsEachFrame) {
  for (const Frame& frame : frames_of(bundle_)) {
    const std::string row =
        "| " + std::to_string(frame.offset) + " | " + std::to_string(frame.bytes.size()) + " | " +
        (frame.magic == FrameMagic::kData ? std::to_string(*declared_raw_bytes(frame.bytes)) + " "
                                          : "") +
        "|";
    EXPECT_NE(page_.find(row), std::string::npos) << row;
  }
}

TEST_F(BundleFormatDocsTest, ShowsTheBytesAtTheirPlaces) {
  std::istringstream lines(page_);
  std::size_t compared = 0;
  for (std::string line; std::getline(lines, line);) {
    unsigned at = 0;
    int used = 0;
    if (std::sscanf(line.c_str(), "%8x: %n", &at, &used) != 1 || used != 10) continue;
    std::string hex = line.substr(10, 39);
    std::erase(hex, ' ');
    ASSERT_LE(at + hex.size() / 2, bundle_.size());
    EXPECT_EQ(hex, to_hex(Bytes(bundle_).subspan(at, hex.size() / 2))) << line;
    compared += hex.size() / 2;
  }
  EXPECT_GT(compared, 150u);
}

}  // namespace
}  // namespace scopetrace
