// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/frame_builder.h"

#include <gtest/gtest.h>

#include "tests/support/bundle_fixture.h"

namespace scopetrace {
namespace {

class FrameBuilderTest : public testing::Test {
 protected:
  LeafSalt salt_{};
  FrameCollector out_;
  FrameBuilder builder_{salt_, out_};
};

TEST_F(FrameBuilderTest, ClosesAtTheTargetSize) {
  const std::string line = std::string(kFrameRawTarget / 2 - 1, 'x') + "\n";

  ASSERT_TRUE(builder_.push(line));
  EXPECT_TRUE(out_.frames.empty());
  ASSERT_TRUE(builder_.push(line));

  ASSERT_EQ(out_.frames.size(), 1u);
  EXPECT_EQ(out_.frames[0].raw_bytes, kFrameRawTarget);
  EXPECT_EQ(out_.frames[0].leaves.size(), 2u);
}

TEST_F(FrameBuilderTest, ClosesWhenItIsOneSecondOld) {
  ASSERT_TRUE(builder_.flush(5 * kNanosecondsPerSecond));
  ASSERT_TRUE(builder_.push("a\n"));

  ASSERT_TRUE(builder_.flush(6 * kNanosecondsPerSecond - 1));
  EXPECT_TRUE(out_.frames.empty());
  ASSERT_TRUE(builder_.flush(6 * kNanosecondsPerSecond));

  EXPECT_EQ(out_.frames.size(), 1u);
}

TEST_F(FrameBuilderTest, DeclaresItsContentSizeAndDecompressesToItsLines) {
  ASSERT_TRUE(builder_.push("a\n"));
  ASSERT_TRUE(builder_.push("bc\n"));
  ASSERT_TRUE(builder_.finish());

  ASSERT_EQ(out_.frames.size(), 1u);
  EXPECT_EQ(declared_raw_bytes(out_.frames[0].compressed), 5u);
  EXPECT_EQ(FrameDecompressor().decompress(out_.frames[0].compressed, 5).value_or(""), "a\nbc\n");
  EXPECT_EQ(out_.frames[0].leaves[1], leaf_hash(salt_, 1, "bc\n"));
}

TEST_F(FrameBuilderTest, BeginsAnotherPartWithItsOwnLeaves) {
  LeafSalt next_salt;
  next_salt.fill(std::byte{9});
  ASSERT_TRUE(builder_.push("a\n"));
  ASSERT_TRUE(builder_.restart(next_salt));
  ASSERT_EQ(out_.frames.size(), 1u);  // nothing of the old part is left to come
  ASSERT_TRUE(builder_.push("b\n"));
  ASSERT_TRUE(builder_.restart(salt_));
  ASSERT_TRUE(builder_.restart(salt_));  // an empty part makes no frame

  ASSERT_EQ(out_.frames.size(), 2u);
  EXPECT_EQ(out_.frames[0].leaves, std::vector{leaf_hash(salt_, 0, "a\n")});
  EXPECT_EQ(out_.frames[1].leaves, std::vector{leaf_hash(next_salt, 0, "b\n")});
}

TEST_F(FrameBuilderTest, RefusesWhatIsNotOneLine) {
  EXPECT_FALSE(builder_.push(""));
  EXPECT_FALSE(builder_.push("no end"));
  EXPECT_FALSE(builder_.push("two\nlines\n"));
  EXPECT_FALSE(builder_.push(std::string(kMaxLineBytes, 'x') + "\n"));
}

}  // namespace
}  // namespace scopetrace
