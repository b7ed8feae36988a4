// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/line_access.h"

#include <gtest/gtest.h>

#include "tests/support/bundle_fixture.h"

namespace scopetrace {
namespace {

class LineAccessTest : public testing::Test {
 protected:
  LineAccessTest() {
    MemorySource source(bundle_);
    const VerifyInputs inputs{.trust = fixture_.trust(),
                              .on_line = [&](std::string_view line) { lines_.emplace_back(line); },
                              .ledger = {}};
    ST_CHECK(verify_bundle(source, inputs).has_value());
  }

  BundleFixture fixture_;
  ByteVector bundle_ = fixture_.bundle();
  std::vector<std::string> lines_;  // all, line 0 first
};

TEST_F(LineAccessTest, ReadsEveryLineFromBehind) {
  MemorySource source(bundle_);
  auto access = LineAccess::open(source);
  ASSERT_TRUE(access) << access.error().message();

  ASSERT_EQ(access->size() + 1, lines_.size());
  for (std::uint64_t n = access->size(); n-- > 0;) {
    EXPECT_EQ(access->line(n).value(), lines_[n + 1]) << n;
  }
  EXPECT_EQ(access->line(access->size()).error().code(), ErrorCode::kNotFound);
}

TEST_F(LineAccessTest, ReadsEveryLineWhereFramesHoldVeryDifferentNumbers) {
  MemorySink sink;
  BundleWriter writer(sink, fixture_.signer, fixture_.keys);
  ASSERT_TRUE(writer.start(fixture_.start()));
  const auto line = [](std::uint64_t n) { return "{\"n\":" + std::to_string(n) + "}\n"; };
  for (const std::size_t count : {1, 900, 1, 1, 2, 300, 1, 1, 1, 5}) {
    std::vector<std::string> lines;
    const std::uint64_t first = writer.leaf_count();
    for (std::size_t i = 0; i < count; ++i) lines.push_back(line(first + i));
    ASSERT_TRUE(writer.append(BundleFixture::frame_of(lines, first), {}, fixture_clocks(1)));
  }
  ASSERT_TRUE(writer.finish({.reason = "limit", .clocks = fixture_clocks(8)}));

  MemorySource source(sink.written);
  auto access = LineAccess::open(source);
  ASSERT_TRUE(access);
  for (std::uint64_t n = 0; n < access->size(); ++n) EXPECT_EQ(access->line(n).value(), line(n));
}

TEST_F(LineAccessTest, NeedsASeekTable) {
  for (std::size_t size = 0; size < bundle_.size(); ++size) {
    MemorySource source(Bytes(bundle_).first(size));
    EXPECT_FALSE(LineAccess::open(source)) << size;
  }
}

// Every byte is changed once: a line that is handed out is the right one.
TEST_F(LineAccessTest, NeverHandsOutAnotherLine) {
  for (std::size_t i = 0; i < bundle_.size(); ++i) {
    bundle_[i] ^= std::byte{0x10};
    MemorySource source(bundle_);
    if (auto access = LineAccess::open(source)) {
      for (std::uint64_t n = 0; n < std::min<std::uint64_t>(access->size(), 8); ++n) {
        const auto line = access->line(n);
        if (!line || n + 1 >= lines_.size()) continue;
        EXPECT_EQ(*line, lines_[n + 1]) << "byte " << i;
      }
    }
    bundle_[i] ^= std::byte{0x10};
  }
}

TEST_F(LineAccessTest, HasNoLineOfABundleWithoutEvents) {
  MemorySink sink;
  BundleWriter writer(sink, fixture_.signer, fixture_.keys);
  ASSERT_TRUE(writer.start(fixture_.start()));
  ASSERT_TRUE(writer.finish({.reason = "limit", .clocks = fixture_clocks(1)}));
  MemorySource source(sink.written);
  auto access = LineAccess::open(source);

  ASSERT_TRUE(access);
  EXPECT_EQ(access->size(), 0U);
  EXPECT_FALSE(access->line(0));
}

}  // namespace
}  // namespace scopetrace
