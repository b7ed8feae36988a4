// SPDX-License-Identifier: Apache-2.0
#include "userspace/otlp/backoff.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace scopetrace {
namespace {

constexpr std::uint64_t kLargest = ~std::uint64_t{0};

TEST(BackoffTest, DoublesUpToHalfAMinute) {
  Backoff backoff;
  for (const std::uint64_t most : {1'000, 2'000, 4'000, 8'000, 16'000, 30'000, 30'000}) {
    const std::uint64_t wait = backoff.next_ms(most / 2, 0);  // the largest cut is a half
    EXPECT_EQ(wait, most);
  }
}

TEST(BackoffTest, IsCutByAHalfAtMost) {
  for (const std::uint64_t random : {std::uint64_t{0}, std::uint64_t{77}, kLargest}) {
    Backoff backoff;
    const std::uint64_t wait = backoff.next_ms(random, 0);
    EXPECT_GE(wait, Backoff::kFirstMs / 2);
    EXPECT_LE(wait, Backoff::kFirstMs);
  }
}

TEST(BackoffTest, SendersDoNotComeBackTogether) {
  Backoff one;
  Backoff other;
  EXPECT_NE(one.next_ms(3, 0), other.next_ms(4, 0));
}

TEST(BackoffTest, WaitsAsLongAsItIsAskedTo) {
  Backoff backoff;
  EXPECT_EQ(backoff.next_ms(0, 120'000), 120'000u);
}

TEST(BackoffTest, BeginsAgainAfterASuccess) {
  Backoff backoff;
  for (int i = 0; i < 6; ++i) (void)backoff.next_ms(0, 0);
  backoff.reset();
  EXPECT_EQ(backoff.next_ms(0, 0), Backoff::kFirstMs / 2);
}

}  // namespace
}  // namespace scopetrace
