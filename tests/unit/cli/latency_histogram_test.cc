// SPDX-License-Identifier: Apache-2.0
#include "cli/latency_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace scopetrace {
namespace {

TEST(LatencyHistogramTest, OfNothingIsZero) { EXPECT_EQ(LatencyHistogram().percentile_ns(99), 0u); }

// Against the exact nearest rank, over nine orders of magnitude.
TEST(LatencyHistogramTest, IsRightWithinItsPromise) {
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> durations(16, 3);
  LatencyHistogram histogram;
  std::vector<std::uint64_t> values;
  for (int i = 0; i < 10'000; ++i) {
    values.push_back(1'000'000 + static_cast<std::uint64_t>(durations(random)));
    histogram.add(values.back());
  }
  std::sort(values.begin(), values.end());

  EXPECT_EQ(histogram.count(), values.size());
  for (const unsigned percent : {1u, 50u, 95u, 99u, 100u}) {
    const auto exact = static_cast<double>(values[values.size() * percent / 100 - 1]);
    EXPECT_NEAR(static_cast<double>(histogram.percentile_ns(percent)), exact, exact * 0.016)
        << percent;
  }
}

TEST(LatencyHistogramTest, TellsShortOnesToTheMicrosecond) {
  LatencyHistogram histogram;
  histogram.add(0);
  histogram.add(20'000);

  EXPECT_LT(histogram.percentile_ns(50), 1'024u);
  EXPECT_NEAR(static_cast<double>(histogram.percentile_ns(100)), 20'000, 1'024);
}

TEST(LatencyHistogramTest, CountsEndlessOnesAsLong) {
  LatencyHistogram histogram;
  histogram.add(UINT64_MAX);

  EXPECT_GT(histogram.percentile_ns(50), 4'000'000'000'000u);
}

}  // namespace
}  // namespace scopetrace
