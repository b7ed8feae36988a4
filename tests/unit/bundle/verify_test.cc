// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/bundle_fixture.h"

namespace scopetrace {
namespace {

class VerifyTest : public testing::Test {
 protected:
  std::vector<Frame> frames() const { return frames_of(bundle_); }

  BundleFixture fixture_;
  ByteVector bundle_ = fixture_.bundle();
};

TEST_F(VerifyTest, AcceptsAWholeBundle) {
  const VerifyReport report = fixture_.verify(bundle_);

  EXPECT_EQ(report.verdict, Verdict::kComplete) << testing::PrintToString(report.reasons);
  EXPECT_EQ(report.lines, 6u);
  EXPECT_EQ(report.seals, 5u);
  EXPECT_EQ(report.host, "prod-pay-07");
  EXPECT_EQ(report.end, "limit");
  EXPECT_THAT(report.approvers, testing::ElementsAre("dave@corp.example"));
}

TEST_F(VerifyTest, StatesLosses) {
  LossCounters three;
  three.lost_kernel_events = 3;

  const VerifyReport report = fixture_.verify(fixture_.bundle(three));

  EXPECT_EQ(report.verdict, Verdict::kCompleteWithLoss);
  EXPECT_EQ(report.losses.lost_kernel_events, 3u);
}

TEST_F(VerifyTest, HandsOutSealedLinesInOrder) {
  std::vector<std::string> lines;
  MemorySource source(bundle_);
  const VerifyInputs inputs{.trust = fixture_.trust(),
                            .on_line = [&](std::string_view line) { lines.emplace_back(line); }};

  ASSERT_TRUE(verify_bundle(source, inputs));

  ASSERT_EQ(lines.size(), 6u);
  EXPECT_TRUE(lines[0].starts_with("{\"type\":\"session\""));
  EXPECT_EQ(lines[3], "{\"n\":2}\n");
  EXPECT_TRUE(lines[5].starts_with("{\"type\":\"summary\",\"n\":4,"));
}

// A bundle of every kind of frame, short because each of its bytes is tried.
TEST_F(VerifyTest, CallsEveryCutIncomplete) {
  const ByteVector whole = fixture_.short_bundle(fixture_.keys, {"{}\n"});
  const VerifyInputs inputs{.trust = fixture_.trust(), .on_line = {}};
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const VerifyReport report = fixture_.verify(Bytes(whole).first(size), inputs);
    ASSERT_EQ(report.verdict, Verdict::kIncomplete) << "cut at " << size;
  }
}

TEST_F(VerifyTest, NeverCallsAFlippedBitComplete) {
  ByteVector whole = fixture_.short_bundle(fixture_.keys, {"{}\n"});
  const VerifyInputs inputs{.trust = fixture_.trust(), .on_line = {}};
  for (std::size_t i = 0; i < whole.size(); ++i) {
    const auto flip = static_cast<std::byte>(1 << (i % 8));
    whole[i] ^= flip;
    const Verdict verdict = fixture_.verify(whole, inputs).verdict;
    whole[i] ^= flip;
    ASSERT_GE(verdict, Verdict::kIncomplete) << "bit of byte " << i;
  }
}

TEST_F(VerifyTest, CallsTrailingBytesTampered) {
  ByteVector longer = bundle_;
  longer.push_back(std::byte{0});
  EXPECT_EQ(fixture_.verify(longer).verdict, Verdict::kTampered);
}

TEST_F(VerifyTest, NoticesEveryDroppedFrame) {
  for (std::size_t i = 0; i + 1 < frames().size(); ++i) {
    std::vector<Frame> fewer = frames();
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_EQ(fixture_.verify(join(fewer)).verdict, Verdict::kTampered) << "frame " << i;
  }
}

TEST_F(VerifyTest, NoticesEveryDuplicatedFrame) {
  for (std::size_t i = 0; i < frames().size(); ++i) {
    std::vector<Frame> more = frames();
    more.insert(more.begin() + static_cast<std::ptrdiff_t>(i), more[i]);
    EXPECT_EQ(fixture_.verify(join(more)).verdict, Verdict::kTampered) << "frame " << i;
  }
}

TEST_F(VerifyTest, NoticesEveryPairOfSwappedFrames) {
  for (std::size_t i = 0; i + 1 < frames().size(); ++i) {
    std::vector<Frame> swapped = frames();
    std::swap(swapped[i], swapped[i + 1]);
    EXPECT_EQ(fixture_.verify(join(swapped)).verdict, Verdict::kTampered) << "frame " << i;
  }
}

TEST_F(VerifyTest, NoticesPlantedPadding) {
  Frame padding;
  padding.bytes = {std::byte{0x5D}, std::byte{0x2A}, std::byte{0x4D}, std::byte{0x18},
                   std::byte{0},    std::byte{0},    std::byte{0},    std::byte{0}};
  for (std::size_t i = 0; i <= frames().size(); ++i) {
    std::vector<Frame> more = frames();
    more.insert(more.begin() + static_cast<std::ptrdiff_t>(i), padding);
    EXPECT_EQ(fixture_.verify(join(more)).verdict, Verdict::kTampered) << "before frame " << i;
  }
}

TEST_F(VerifyTest, TrustsNobodyWithoutATrustFile) {
  MemorySource source(bundle_);
  const auto report = verify_bundle(source, {});
  ASSERT_TRUE(report);
  EXPECT_EQ(report->verdict, Verdict::kUntrusted);
}

TEST_F(VerifyTest, DoesNotTrustAnotherHost) {
  EXPECT_EQ(BundleFixture().verify(bundle_).verdict, Verdict::kUntrusted);
}

TEST_F(VerifyTest, KeepsToTheDeclaredSizeOfABomb) {
  const std::string zeros(kMaxFrameRaw, '\0');
  const ByteVector bomb = FrameCompressor().compress(as_bytes(zeros));

  EXPECT_FALSE(FrameDecompressor().decompress(bomb, 16));
  EXPECT_FALSE(FrameDecompressor().decompress(bomb, kMaxFrameRaw + 1));
}

TEST(ReportJsonTest, HasVerdictAndExit) {
  VerifyReport report;
  report.verdict = Verdict::kCompleteWithLoss;
  EXPECT_TRUE(format_report_json(report, true)
                  .starts_with(R"({"verdict":"COMPLETE_WITH_LOSS","exit":4,"reasons":[],)"));
  EXPECT_TRUE(format_report_json(report, false)
                  .starts_with(R"({"verdict":"COMPLETE_WITH_LOSS","exit":0,"reasons":[],)"));
}

// A bundle that is written while it is read, a few bytes at a time.
class TrickleSource final : public ByteSource {
 public:
  TrickleSource(Bytes whole, std::size_t step) : whole_(whole), step_(step) {}
  Result<std::uint64_t> available(std::uint64_t offset, std::uint64_t wanted_bytes) override {
    return std::min<std::uint64_t>(wanted_bytes, size_ - offset);
  }
  Status read(std::uint64_t offset, std::span<std::byte> out) override {
    return MemorySource(whole_).read(offset, out);
  }
  Result<bool> wait_for_more() override {
    if (size_ == whole_.size()) return false;
    size_ = std::min(size_ + step_, whole_.size());
    return true;
  }

 private:
  Bytes whole_;
  std::size_t step_;
  std::size_t size_ = 0;
};

TEST(VerifyGrowingTest, FollowsABundleThatIsBeingWritten) {
  BundleFixture fixture;
  const ByteVector bundle = fixture.bundle();
  for (const std::size_t step : {37u, 5'000u}) {
    TrickleSource source(bundle, step);
    std::size_t lines = 0;
    const VerifyInputs inputs{.trust = fixture.trust(),
                              .on_line = [&](std::string_view) { ++lines; }};
    const auto report = verify_bundle(source, inputs);
    ASSERT_TRUE(report.has_value());
    EXPECT_EQ(report->verdict, Verdict::kComplete);
    EXPECT_EQ(lines, report->lines);
  }
}

TEST(VerifyGrowingTest, FollowsAnInterruptedBundleToWhereItEnds) {
  BundleFixture fixture;
  const ByteVector bundle = fixture.bundle();
  TrickleSource source(Bytes(bundle).first(bundle.size() - 1'000), 100);

  const auto report = verify_bundle(source, {.trust = fixture.trust(), .on_line = {}});
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->verdict, Verdict::kIncomplete);
  EXPECT_EQ(report->lines, 6u);
}

}  // namespace
}  // namespace scopetrace
