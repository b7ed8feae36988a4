// SPDX-License-Identifier: Apache-2.0
#include "scopes/clock_rule.h"

#include <gtest/gtest.h>

#include "scopes/ledger_reader.h"
#include "scopes/sshsig.h"
#include "scopes/target.h"
#include "tests/unit/scopes/scratch.h"

namespace scopetrace {
namespace {

constexpr std::uint64_t kSecond = kNanosecondsPerSecond;

class ClockRuleTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Ledger ledger = Ledger::open(scratch_.path(), "vm", key_).value();
    ASSERT_TRUE(ledger.append({"request", {{"approval", "1"}}}));
    const Status read = find_in_ledger(scratch_.path(), "request", [&](const LedgerRecord& entry) {
      facts_ = {"vm", entry.boot, {entry.boottime_ns, entry.realtime_ns}};
      return Status();
    });
    ASSERT_TRUE(read);
  }

  // Later in this boot, by a wall clock that was moved by `shift_s` since.
  ClockFacts later(std::uint64_t elapsed_s, std::int64_t shift_s) const {
    ClockFacts facts = facts_;
    facts.now.boottime_ns += elapsed_s * kSecond;
    facts.now.realtime_ns += elapsed_s * kSecond;
    facts.now.realtime_ns =
        static_cast<std::uint64_t>(static_cast<std::int64_t>(facts.now.realtime_ns) +
                                   shift_s * static_cast<std::int64_t>(kSecond));
    return facts;
  }
  Status judge(const ClockFacts& facts) const {
    const auto time = judge_clock(scratch_.path(), facts);
    return time ? Status() : fail(time.error());
  }
  std::string acceptance(const ClockFacts& facts, const SigningKey& signer,
                         const std::string& by = "alice") const {
    const std::string body =
        format_clock_acceptance({facts.host, facts.boot, facts.now, by, "NTP was down", "1"})
            .value();
    return format_signed_text(
        body, std::vector<std::string>{make_sshsig(signer, kClockNamespace, as_bytes(body))});
  }
  Trust trust() const {
    return {TrustFile::parse("alice namespaces=\"clock@scopetrace\" " + alice_.public_key().line() +
                             "\n")
                .value(),
            RevokedKeys()};
  }

  ScratchFolder scratch_;
  SigningKey key_ = SigningKey::generate();
  SigningKey alice_ = SigningKey::generate();
  ClockFacts facts_;
};

TEST_F(ClockRuleTest, GoesByTheTimeSinceTheFirstEntryOfTheBoot) {
  const std::uint64_t expected_ns = facts_.now.realtime_ns + 3600 * kSecond;

  EXPECT_EQ(judge_clock(scratch_.path(), later(3600, -20)).value(), expected_ns)
      << "a clock set back prolongs nothing";
  EXPECT_EQ(judge_clock(scratch_.path(), later(3600, 20)).value(), expected_ns + 20 * kSecond);
}

// A request that was made by the wall clock is valid at once.
TEST_F(ClockRuleTest, IsNeverBehindTheWallClock) {
  EXPECT_GE(judge_clock(scratch_.path(), later(0, 0)).value(), facts_.now.realtime_ns);
}

TEST_F(ClockRuleTest, RefusesAClockSetBack) {
  const Status judged = judge(later(3600, -61));

  ASSERT_FALSE(judged);
  EXPECT_EQ(judged.error().code(), ErrorCode::kRefused);
  EXPECT_NE(judged.error().message().find("behind"), std::string::npos);
  EXPECT_TRUE(judge(later(3600, -59)));
}

TEST_F(ClockRuleTest, RefusesAClockSetAheadUntilItIsAccepted) {
  const ClockFacts ahead = later(10, 86'400);
  ASSERT_FALSE(judge(ahead));

  const auto entry =
      check_clock_acceptance(acceptance(ahead, alice_), scratch_.path(), trust(), ahead);
  ASSERT_TRUE(entry) << entry.error().message();
  ASSERT_TRUE(Ledger::open(scratch_.path(), "vm", key_)->append(*entry));

  EXPECT_TRUE(judge(ahead));
  EXPECT_FALSE(judge(later(10, 0))) << "the accepted clock is the one that counts now";
}

TEST_F(ClockRuleTest, TakesAnAcceptanceOnce) {
  const ClockFacts ahead = later(10, 86'400);
  const std::string text = acceptance(ahead, alice_);
  const auto entry = check_clock_acceptance(text, scratch_.path(), trust(), ahead);
  ASSERT_TRUE(entry);
  ASSERT_TRUE(Ledger::open(scratch_.path(), "vm", key_)->append(*entry));

  EXPECT_FALSE(check_clock_acceptance(text, scratch_.path(), trust(), ahead));
}

TEST_F(ClockRuleTest, RefusesAcceptancesThatDoNotFit) {
  const ClockFacts ahead = later(10, 86'400);
  ClockFacts other_boot = ahead, other_host = ahead;
  other_boot.boot = "5d0b6f0e-0000-4000-8000-000000000000";
  other_host.host = "db-01";
  const struct {
    const char* name;
    std::string text;
  } cases[] = {
      {"another boot", acceptance(other_boot, alice_)},
      {"another host", acceptance(other_host, alice_)},
      {"another shift", acceptance(later(10, 200'000), alice_)},
      {"a stranger's key", acceptance(ahead, SigningKey::generate())},
      {"another name", acceptance(ahead, alice_, "bob")},
      {"an edit", acceptance(ahead, alice_).replace(25, 1, "x")},
  };
  ASSERT_TRUE(check_clock_acceptance(acceptance(ahead, alice_), scratch_.path(), trust(), ahead));
  for (const auto& row : cases) {
    EXPECT_FALSE(check_clock_acceptance(row.text, scratch_.path(), trust(), ahead)) << row.name;
  }
}

TEST_F(ClockRuleTest, RefusesABootThatBeginsBeforeTheLastOneEnded) {
  ClockFacts next = later(0, -3600);
  next.boot = "5d0b6f0e-0000-4000-8000-000000000000";
  next.now.boottime_ns = kSecond;

  EXPECT_FALSE(judge(next));
  next.now.realtime_ns = facts_.now.realtime_ns + 5 * kSecond;
  EXPECT_TRUE(judge(next));
}

}  // namespace
}  // namespace scopetrace
