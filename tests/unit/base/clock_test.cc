// SPDX-License-Identifier: Apache-2.0
#include "userspace/base/clock.h"

#include <gtest/gtest.h>

namespace scopetrace {
namespace {

TEST(ClockTest, SecondsRoundTrip) {
  EXPECT_EQ(format_seconds(1'793'484'000), "2026-10-31T22:00:00Z");
  EXPECT_EQ(parse_seconds("2026-10-31T22:00:00Z"), 1'793'484'000U);
}

TEST(ClockTest, NanosecondsKeepLeadingZeros) {
  EXPECT_EQ(format_nanoseconds(1'793'484'000'000'000'042), "2026-10-31T22:00:00.000000042Z");
}

class BadTimeTest : public testing::TestWithParam<const char*> {};

TEST_P(BadTimeTest, IsRefused) { EXPECT_FALSE(parse_seconds(GetParam())); }

INSTANTIATE_TEST_SUITE_P(Forms, BadTimeTest,
                         testing::Values("", "2026-10-31", "2026-10-31 22:00:00Z",
                                         "2026-10-31T22:00:00", "2026-10-31T22:00:00+00:00",
                                         "2026-02-30T00:00:00Z", "2026-10-31T24:00:00Z",
                                         "2026-10-31T22:00:60Z", "2026-1-31T022:00:00Z",
                                         " 026-10-31T22:00:00Z", "2026-10-31T22:00:00Zx"));

TEST(ClockPairTest, MapsTimesBeforeAndAfterItsReading) {
  const ClockPair clocks{.boottime_ns = 1000, .realtime_ns = 5000};

  EXPECT_EQ(clocks.to_realtime_ns(1007), 5007U);
  EXPECT_EQ(clocks.to_realtime_ns(993), 4993U);
}

}  // namespace
}  // namespace scopetrace
