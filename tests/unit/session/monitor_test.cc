// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/monitor.h"

#include <gtest/gtest.h>

namespace scopetrace {
namespace {

constexpr std::uint64_t kSecond = kNanosecondsPerSecond;
constexpr std::uint64_t kStart = 100 * kSecond;
constexpr std::uint64_t kDeadline = kStart + 1000 * kSecond;

SessionMonitor make_monitor(MonitorLimits limits = {.deadline_ns = kDeadline, .max_bytes = 1000}) {
  return SessionMonitor(limits, kStart, [](std::uint64_t) { return std::uint64_t{0}; });
}

// The programs hit their budget in `count` seconds in a row, from `at_ns` on; the redactor lives.
std::uint64_t exceed_budget(SessionMonitor& monitor, std::uint64_t at_ns, unsigned count,
                            std::uint64_t& events) {
  for (unsigned i = 0; i < count; ++i, at_ns += kSecond) {
    monitor.hear_redactor(at_ns);
    monitor.sample_budget(at_ns, 0, ++events);
  }
  monitor.hear_redactor(at_ns);
  return at_ns;
}

TEST(SessionMonitorTest, RunsAtFirst) {
  SessionMonitor monitor = make_monitor();

  const Orders orders = monitor.orders(kStart);

  EXPECT_FALSE(orders.paused);
  EXPECT_TRUE(orders.attached);
  EXPECT_FALSE(orders.end);
}

TEST(SessionMonitorTest, EndsAtDeadline) {
  SessionMonitor monitor = make_monitor();
  monitor.hear_redactor(kDeadline);

  EXPECT_FALSE(monitor.orders(kDeadline - 1).end);
  EXPECT_EQ(monitor.orders(kDeadline).end, EndReason::kLimit);
}

struct SilenceCase {
  const char* name;
  std::uint64_t silence_ns;
  bool is_paused;
  std::optional<EndReason> end;
};

class SilenceTest : public testing::TestWithParam<SilenceCase> {};

TEST_P(SilenceTest, PausesThenEnds) {
  const SilenceCase& c = GetParam();
  SessionMonitor monitor = make_monitor();

  const Orders orders = monitor.orders(kStart + c.silence_ns);

  EXPECT_EQ(orders.paused, c.is_paused);
  EXPECT_EQ(orders.end, c.end);
}

INSTANTIATE_TEST_SUITE_P(
    Durations, SilenceTest,
    testing::Values(SilenceCase{"ShortOfTwoSeconds", 2 * kSecond - 1, false, std::nullopt},
                    SilenceCase{"TwoSeconds", 2 * kSecond, true, std::nullopt},
                    SilenceCase{"ShortOfFiveSeconds", 5 * kSecond - 1, true, std::nullopt},
                    SilenceCase{"FiveSeconds", 5 * kSecond, true, EndReason::kRedactorStalled}),
    [](const auto& test) { return test.param.name; });

TEST(SessionMonitorTest, ResumesWhenRedactorIsHeardAgain) {
  SessionMonitor monitor = make_monitor();
  ASSERT_TRUE(monitor.orders(kStart + 3 * kSecond).paused);

  monitor.hear_redactor(kStart + 3 * kSecond);

  EXPECT_FALSE(monitor.orders(kStart + 3 * kSecond).paused);
}

TEST(SessionMonitorTest, KeepsFirstReason) {
  SessionMonitor monitor = make_monitor();
  monitor.request_end(EndReason::kTargetExited);

  monitor.request_end(EndReason::kRedactorDied);

  EXPECT_EQ(monitor.orders(kDeadline).end, EndReason::kTargetExited);
}

TEST(SessionMonitorTest, EndsWhenBytesAreUsedUp) {
  SessionMonitor monitor = make_monitor();
  monitor.sample_budget(kStart, 999, 0);
  EXPECT_FALSE(monitor.orders(kStart).end);

  monitor.sample_budget(kStart, 1000, 0);

  EXPECT_EQ(monitor.orders(kStart).end, EndReason::kLimit);
}

TEST(SessionMonitorTest, DetachesAfterSecondsOverBudget) {
  SessionMonitor monitor = make_monitor();
  std::uint64_t events = 0;

  const std::uint64_t now_ns = exceed_budget(monitor, kStart, kBreakerSeconds, events);

  EXPECT_EQ(monitor.breaker_trips(), 1U);
  EXPECT_FALSE(monitor.orders(now_ns).attached);
}

TEST(SessionMonitorTest, ForgivesInterruptedExcess) {
  SessionMonitor monitor = make_monitor();
  std::uint64_t events = 0;
  std::uint64_t now_ns = exceed_budget(monitor, kStart, kBreakerSeconds - 1, events);
  monitor.sample_budget(now_ns, 0, events);  // a second within the budget

  now_ns = exceed_budget(monitor, now_ns + kSecond, kBreakerSeconds - 1, events);

  EXPECT_EQ(monitor.breaker_trips(), 0U);
  EXPECT_TRUE(monitor.orders(now_ns).attached);
}

TEST(SessionMonitorTest, AttachesAgainAfterBackoff) {
  SessionMonitor monitor = make_monitor();
  std::uint64_t events = 0;
  exceed_budget(monitor, kStart, kBreakerSeconds, events);
  const std::uint64_t tripped_ns = kStart + (kBreakerSeconds - 1) * kSecond;

  monitor.hear_redactor(tripped_ns + kBreakerBackoffNs);

  EXPECT_FALSE(monitor.orders(tripped_ns + kBreakerBackoffNs - 1).attached);
  EXPECT_TRUE(monitor.orders(tripped_ns + kBreakerBackoffNs).attached);
}

TEST(SessionMonitorTest, EndsAtThirdTrip) {
  SessionMonitor monitor = make_monitor();
  std::uint64_t events = 0;
  std::uint64_t now_ns = exceed_budget(monitor, kStart, kBreakerSeconds, events);
  now_ns = exceed_budget(monitor, now_ns + 20 * kSecond, kBreakerSeconds, events);
  ASSERT_FALSE(monitor.orders(now_ns).end);

  now_ns = exceed_budget(monitor, now_ns + 20 * kSecond, kBreakerSeconds, events);

  EXPECT_EQ(monitor.orders(now_ns).end, EndReason::kBreaker);
}

TEST(SessionMonitorTest, PausesWhileDiskLagsBehind) {
  SessionMonitor monitor = make_monitor();

  monitor.sample_backlog(kBacklogPauseBytes + 1);
  EXPECT_TRUE(monitor.orders(kStart).paused);
  monitor.sample_backlog(kBacklogResumeBytes);  // between the marks nothing changes
  EXPECT_TRUE(monitor.orders(kStart).paused);
  monitor.sample_backlog(kBacklogResumeBytes - 1);
  EXPECT_FALSE(monitor.orders(kStart).paused);
}

}  // namespace
}  // namespace scopetrace
