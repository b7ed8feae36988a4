// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/tally.h"

#include <gtest/gtest.h>

namespace scopetrace {
namespace {

TEST(TallyTest, KeepsFactsAndClaimsApart) {
  Tally tally;
  tally.kernel.values[ST_COUNT_LOST_RING_EVENTS] = 1;
  tally.kernel.values[ST_COUNT_LOST_BUDGET_EVENTS] = 2;
  tally.kernel.values[ST_COUNT_LOST_STATE_EVENTS] = 4;
  tally.kernel.values[ST_COUNT_TRUNCATED_BYTES] = 8;
  tally.kernel.values[ST_COUNT_SUPPRESSED_SCOPE] = 16;
  tally.claimed.lost_user_events = 32;

  const LossCounters losses = losses_of(tally);

  EXPECT_EQ(losses.lost_kernel_events, 7U);
  EXPECT_EQ(losses.lost_kernel_bytes, 8U);
  EXPECT_EQ(losses.suppressed, 16U);
  EXPECT_EQ(losses.claimed_lost_user_events, 32U);
  EXPECT_EQ(lost_events_of(tally), 39U);
}

TEST(TallyTest, DoneReplacesClaims) {
  Tally tally;
  tally.claimed.redactions = 1;
  DoneMessage done;
  done.claimed.redactions = 5;
  done.redactions_by_class = {{"email", 3}, {"pan", 2}};

  tally.take(done);

  EXPECT_EQ(losses_of(tally).claimed_redactions, 5U);
  EXPECT_EQ(tally.claimed_redactions.at("pan"), 2U);
}

TEST(TallyTest, UnreadRecordsAreLostWithoutDone) {
  Tally tally;
  tally.kernel.values[ST_COUNT_EVENTS] = 100;
  tally.stats.records = 60;

  tally.give_up();

  EXPECT_EQ(losses_of(tally).claimed_lost_user_events, 40U);
}

TEST(TallyTest, NothingIsLostWhenAllWasRead) {
  Tally tally;
  tally.kernel.values[ST_COUNT_EVENTS] = 100;
  tally.stats.records = 101;  // a claim may say anything

  tally.give_up();

  EXPECT_EQ(lost_events_of(tally), 0U);
}

}  // namespace
}  // namespace scopetrace
