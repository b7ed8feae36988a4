// SPDX-License-Identifier: Apache-2.0
#include "userspace/base/result.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "userspace/base/unique_fd.h"

namespace scopetrace {
namespace {

Result<int> half(int value) {
  if (value % 2 != 0) return fail(ErrorCode::kUsage, "odd: " + std::to_string(value));
  return value / 2;
}

Result<int> quarter(int value) {
  ST_ASSIGN_OR_RETURN(const int once, half(value));
  return half(once);
}

TEST(ResultTest, MacroPassesValueAndErrorOn) {
  EXPECT_EQ(*quarter(8), 2);
  EXPECT_EQ(quarter(6).error().message(), "odd: 3");
  EXPECT_EQ(quarter(5).error().message(), "odd: 5");
}

TEST(ResultTest, ContextGoesBeforeAndHintApart) {
  const Error error =
      Error(ErrorCode::kIo, "no space", ENOSPC).with_context("write").with_hint("free some");

  EXPECT_EQ(error.message(), "write: no space");
  EXPECT_EQ(error.hint(), "free some");
  EXPECT_EQ(error.system_errno(), ENOSPC);
}

TEST(UniqueFdTest, MoveLeavesNothingToClose) {
  UniqueFd first(dup(0));
  const int number = first.get();
  UniqueFd second(std::move(first));

  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): the moved-from state is the subject
  EXPECT_EQ(second.get(), number);
  second = UniqueFd();
  EXPECT_EQ(dup(number), -1);
  EXPECT_EQ(errno, EBADF);
}

TEST(CheckDeathTest, BrokenInvariantAborts) {
  EXPECT_DEATH(ST_CHECK(1 == 2), "broken invariant: 1 == 2");
}

}  // namespace
}  // namespace scopetrace
