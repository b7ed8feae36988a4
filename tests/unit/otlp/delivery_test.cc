// SPDX-License-Identifier: Apache-2.0
#include "userspace/otlp/delivery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

namespace scopetrace {
namespace {

using Outcome = CollectorAnswer::Outcome;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Gives the answers it was told to, the last one forever.
class FakeCollector final : public Collector {
 public:
  explicit FakeCollector(std::deque<CollectorAnswer> answers) : answers_(std::move(answers)) {}

  CollectorAnswer send(std::string_view request) override {
    CollectorAnswer answer = answers_.front();
    if (answers_.size() > 1) answers_.pop_front();
    if (answer.outcome == Outcome::kAccepted) taken.emplace_back(request);
    return answer;
  }

  std::vector<std::string> taken;

 private:
  std::deque<CollectorAnswer> answers_;
};

const CollectorAnswer kDown{.outcome = Outcome::kTryAgain, .reason = "nobody answers"};
const CollectorAnswer kGood{};

class DeliveryTest : public ::testing::Test {
 protected:
  Delivery make(FakeCollector& collector, std::uint64_t patience_ms) {
    const DeliveryClock clock{.now_ms = [this] { return now_ms_; },
                              .wait_ms =
                                  [this](std::uint64_t ms) {
                                    waits_.push_back(ms);
                                    now_ms_ += ms;
                                  },
                              .random = [] { return std::uint64_t{0}; }};
    return Delivery(collector, clock, patience_ms,
                    [this](const std::string& reason) { reasons_.push_back(reason); });
  }

  std::uint64_t now_ms_ = 5'000;
  std::vector<std::uint64_t> waits_;
  std::vector<std::string> reasons_;
};

TEST_F(DeliveryTest, LosesNothingWhileTheCollectorIsDown) {
  FakeCollector collector({kDown, kDown, kDown, kGood});
  Delivery delivery = make(collector, 300'000);
  EXPECT_TRUE(delivery.send("one"));
  EXPECT_TRUE(delivery.send("two"));
  EXPECT_THAT(collector.taken, ElementsAre("one", "two"));
  EXPECT_THAT(waits_, ElementsAre(500, 1'000, 2'000));
  EXPECT_THAT(reasons_, ElementsAre("nobody answers"));  // once an outage
}

TEST_F(DeliveryTest, GivesUpAfterItsPatience) {
  FakeCollector collector({kDown});
  Delivery delivery = make(collector, 10'000);
  const Status sent = delivery.send("one");
  ASSERT_FALSE(sent);
  EXPECT_THAT(sent.error().message(), HasSubstr("nobody answers"));
  EXPECT_EQ(now_ms_, 15'000u);
}

TEST_F(DeliveryTest, WaitsAsLongAsTheCollectorAsks) {
  CollectorAnswer busy = kDown;
  busy.wait_ms = 7'000;
  FakeCollector collector({busy, kGood});
  Delivery delivery = make(collector, 60'000);
  EXPECT_TRUE(delivery.send("one"));
  EXPECT_THAT(waits_, ElementsAre(7'000));
}

TEST_F(DeliveryTest, DoesNotTryAgainWhatIsRefused) {
  FakeCollector collector({{.outcome = Outcome::kRefused, .reason = "HTTP status 401"}});
  Delivery delivery = make(collector, 60'000);
  const Status sent = delivery.send("one");
  ASSERT_FALSE(sent);
  EXPECT_THAT(sent.error().message(), HasSubstr("HTTP status 401"));
  EXPECT_TRUE(waits_.empty());
}

TEST_F(DeliveryTest, AddsUpWhatTheCollectorDrops) {
  CollectorAnswer partial;
  partial.rejected_spans = 3;
  FakeCollector collector({partial});
  Delivery delivery = make(collector, 0);
  EXPECT_TRUE(delivery.send("one"));
  EXPECT_TRUE(delivery.send("two"));
  EXPECT_EQ(delivery.rejected_spans(), 6u);
}

}  // namespace
}  // namespace scopetrace
