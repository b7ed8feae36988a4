// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/rotation.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "userspace/base/clock.h"
#include "userspace/bundle/bundle_name.h"

namespace scopetrace {
namespace {

using Step = Rotation::Step;

// Takes a part to its end by the answers of both sides.
void answer(Rotation& rotation, std::uint64_t now_ns) {
  rotation.asked();
  ASSERT_TRUE(rotation.take_output(UniqueFd()));
  ASSERT_EQ(rotation.next_step(now_ns, 0), Step::kTellRedactor);
  rotation.told(now_ns);
  ASSERT_TRUE(rotation.take_answer(now_ns));
}

TEST(RotationTest, NeverBeginsAnotherPartWithoutALimit) {
  Rotation rotation({}, 0);

  EXPECT_FALSE(rotation.is_on());
  EXPECT_EQ(rotation.next_step(1'000'000 * kNanosecondsPerSecond, ~std::uint64_t{0}), Step::kNone);
}

TEST(RotationTest, AsksForAnOutputUntilItIsAskedFor) {
  Rotation rotation({.part_bytes = 100}, 0);

  EXPECT_EQ(rotation.next_step(0, 99), Step::kNone);
  EXPECT_EQ(rotation.next_step(0, 100), Step::kAskOutput);
  EXPECT_EQ(rotation.next_step(0, 101), Step::kAskOutput);  // the front end could not be asked
  rotation.asked();
  EXPECT_EQ(rotation.next_step(0, 200), Step::kNone);
}

TEST(RotationTest, TellsTheRedactorOnceTheOutputIsThere) {
  Rotation rotation({.part_bytes = 100}, 0);
  rotation.asked();
  ASSERT_TRUE(rotation.take_output(UniqueFd()));

  EXPECT_EQ(rotation.next_step(0, 100), Step::kTellRedactor);
  EXPECT_NE(rotation.leaf_salt(), LeafSalt{});
  rotation.told(0);
  EXPECT_EQ(rotation.next_step(0, 100), Step::kNone);
  EXPECT_EQ(rotation.part(), 1U);
}

TEST(RotationTest, GivesEachPartItsOwnOutputAndSalt) {
  Rotation rotation({.part_bytes = 100}, 0);
  answer(rotation, 0);
  const LeafSalt first = rotation.leaf_salt();
  rotation.asked();
  ASSERT_TRUE(rotation.take_output(UniqueFd(::dup(0))));
  rotation.told(0);

  const auto output = rotation.take_answer(0);

  ASSERT_TRUE(output);
  EXPECT_GE(output->get(), 0);
  EXPECT_NE(rotation.leaf_salt(), first);
  EXPECT_EQ(rotation.part(), 3U);
}

TEST(RotationTest, CountsTimeFromTheStartOfThePart) {
  Rotation rotation({.part_ns = 10 * kNanosecondsPerSecond}, 5 * kNanosecondsPerSecond);
  EXPECT_EQ(rotation.next_step(14 * kNanosecondsPerSecond, 0), Step::kNone);
  ASSERT_EQ(rotation.next_step(15 * kNanosecondsPerSecond, 0), Step::kAskOutput);
  answer(rotation, 16 * kNanosecondsPerSecond);

  EXPECT_EQ(rotation.part(), 2U);
  EXPECT_EQ(rotation.next_step(25 * kNanosecondsPerSecond, 0), Step::kNone);
  EXPECT_EQ(rotation.next_step(26 * kNanosecondsPerSecond, 0), Step::kAskOutput);
}

TEST(RotationTest, TakesNoAnswerThatWasNotAskedFor) {
  Rotation rotation({.part_bytes = 100}, 0);

  EXPECT_FALSE(rotation.take_output(UniqueFd()));
  EXPECT_FALSE(rotation.take_answer(0));
  rotation.asked();
  EXPECT_FALSE(rotation.take_answer(0));
}

TEST(RotationTest, CallsARedactorStalledThatDoesNotAnswer) {
  Rotation rotation({.part_bytes = 100}, 0);
  rotation.asked();
  EXPECT_FALSE(rotation.is_stalled(100 * kNanosecondsPerSecond));  // the front end may be stopped
  ASSERT_TRUE(rotation.take_output(UniqueFd()));
  rotation.told(100 * kNanosecondsPerSecond);

  EXPECT_FALSE(rotation.is_stalled(105 * kNanosecondsPerSecond));
  EXPECT_TRUE(rotation.is_stalled(106 * kNanosecondsPerSecond));
}

TEST(RotationTest, LetsTheLastPartGrow) {
  Rotation rotation({.part_bytes = 1}, 0);
  while (rotation.part() < kMaxParts) {
    ASSERT_EQ(rotation.next_step(0, 1), Step::kAskOutput);
    answer(rotation, 0);
  }

  EXPECT_EQ(rotation.next_step(0, 1), Step::kNone);
}

}  // namespace
}  // namespace scopetrace
