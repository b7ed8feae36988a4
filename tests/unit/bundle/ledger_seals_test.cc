// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/ledger_seals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scopes/ledger.h"
#include "tests/support/bundle_fixture.h"
#include "tests/unit/scopes/scratch.h"

namespace scopetrace {
namespace {

constexpr const char* kSession = "0192f3c4-7a10-7c3e-9d55-2f1e6a7b8c9e";

class LedgerSealsTest : public testing::Test {
 protected:
  // The content of every seal of the bundle, in order.
  std::vector<Digest> seals() const {
    MemorySource source(bundle_);
    FrameReader reader(source);
    std::vector<Digest> digests;
    Frame frame;
    while (*reader.next(frame) == FrameStatus::kFrame) {
      if (frame.magic == FrameMagic::kSeal) digests.push_back(sha256(frame.content()));
    }
    return digests;
  }
  void note(std::uint64_t count, const Digest& head, const char* session = kSession) {
    Ledger ledger = Ledger::open(folder_.path(), "prod-pay-07", fixture_.host).value();
    const LedgerEntry entry = {
        "seal-head",
        {{"session", session}, {"seals", std::to_string(count)}, {"head", format_digest(head)}}};
    ASSERT_TRUE(ledger.append(entry));
  }
  VerifyReport verify(Bytes bytes) const {
    return fixture_.verify(bytes, read_ledger_seals(folder_.path()).value());
  }
  // The bundle up to the end of its seal `count`.
  Bytes cut_after(std::size_t count) const {
    MemorySource source(bundle_);
    FrameReader reader(source);
    Frame frame;
    while (count != 0 && *reader.next(frame) == FrameStatus::kFrame) {
      if (frame.magic == FrameMagic::kSeal) --count;
    }
    return Bytes(bundle_).first(reader.offset());
  }

  ScratchFolder folder_;
  BundleFixture fixture_;
  ByteVector bundle_ = fixture_.bundle();
};

TEST_F(LedgerSealsTest, AnchorsABundleWhoseSealsItKnows) {
  note(2, seals()[1]);
  note(5, seals()[4]);

  const VerifyReport report = verify(bundle_);

  EXPECT_EQ(report.verdict, Verdict::kComplete) << testing::PrintToString(report.reasons);
  EXPECT_EQ(report.anchored, "ledger");
}

TEST_F(LedgerSealsTest, CallsAShortenedBundleRollback) {
  note(5, seals()[4]);

  const VerifyReport report = verify(cut_after(3));

  EXPECT_EQ(report.verdict, Verdict::kRollback);
  EXPECT_EQ(verdict_exit(report.verdict, false), 6);
  EXPECT_EQ(report.anchored, "none");
}

TEST_F(LedgerSealsTest, CallsALaterHeadOfAWholeBundleRollback) {
  note(6, seals()[4]);

  EXPECT_EQ(verify(bundle_).verdict, Verdict::kRollback);
}

TEST_F(LedgerSealsTest, CallsAnotherSealTampered) {
  note(3, seals()[1]);

  EXPECT_EQ(verify(bundle_).verdict, Verdict::kTampered);
}

TEST_F(LedgerSealsTest, SaysWhenItKnowsNothingOfTheSession) {
  note(9, seals()[0], "another-session");

  const VerifyReport report = verify(bundle_);

  EXPECT_EQ(report.verdict, Verdict::kComplete);
  EXPECT_EQ(report.anchored, "none");
  EXPECT_THAT(report.notes, testing::Contains(testing::HasSubstr("no seal of this session")));
}

TEST_F(LedgerSealsTest, DoesNotTrustTheLedgerOfAnotherHost) {
  Ledger other = Ledger::open(folder_.path(), "prod-pay-07", fixture_.requester).value();
  ASSERT_TRUE(other.append({"attach", {}}));

  EXPECT_EQ(verify(bundle_).verdict, Verdict::kUntrusted);
}

TEST_F(LedgerSealsTest, RefusesEveryRemovedLine) {
  for (std::uint64_t count : {1, 2, 3}) note(count, seals()[count - 1]);
  const std::string good = folder_.read("entries.jsonl");
  const std::size_t first = good.find('\n') + 1;

  EXPECT_TRUE(parse_ledger_seals(good));
  EXPECT_FALSE(parse_ledger_seals(good.substr(first)));
  EXPECT_FALSE(parse_ledger_seals(good.substr(0, first) + good.substr(good.find('\n', first) + 1)));
  EXPECT_FALSE(parse_ledger_seals(good.substr(0, good.size() - 1)));
}

TEST_F(LedgerSealsTest, RefusesTwoDigestsForOneSeal) {
  note(1, seals()[0]);
  note(1, seals()[1]);

  EXPECT_FALSE(read_ledger_seals(folder_.path()));
}

TEST_F(LedgerSealsTest, TakesEntriesAlone) {
  note(5, seals()[4]);

  const auto ledger = read_ledger_seals(folder_.file("entries.jsonl"));

  ASSERT_TRUE(ledger);
  EXPECT_EQ(fixture_.verify(bundle_, *ledger).anchored, "ledger");
}

}  // namespace
}  // namespace scopetrace
