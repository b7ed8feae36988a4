// SPDX-License-Identifier: Apache-2.0
// Padding frames: written for a sink that keeps pieces back, accepted where they belong.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/bundle_fixture.h"

namespace scopetrace {
namespace {

constexpr const char* kRecipient = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

class PaddingTest : public testing::Test {
 protected:
  PaddingTest() {
    fixture_.recipients = {kRecipient};
    bundle_ = fixture_.bundle();
  }

  static bool is_padding(const Frame& frame) { return frame.magic == FrameMagic::kPadding; }

  BundleFixture fixture_;
  ByteVector bundle_;
};

// What has left a program that passes on a piece only once more follows.
ByteVector passed_on(const ByteVector& written) {
  const std::size_t pieces = written.empty() ? 0 : (written.size() - 1) / kPieceBytes;
  return {written.begin(), written.begin() + static_cast<std::ptrdiff_t>(pieces * kPieceBytes)};
}

// Times of data and of idle seals, in tenths of a second.
struct Schedule {
  const char* name;
  std::vector<unsigned> data;
  std::vector<unsigned> idle;
};

class PaddingScheduleTest : public PaddingTest, public testing::WithParamInterface<Schedule> {};

// Sealed at `time`, and passed on at the last event that is not more than 5 s later.
TEST_P(PaddingScheduleTest, LosesAtMostFiveSeconds) {
  constexpr unsigned kBound = 50;
  MemorySink sink;
  sink.piece = kPieceBytes;
  BundleWriter writer(sink, fixture_.signer, fixture_.keys);
  ASSERT_TRUE(writer.start(fixture_.start()));
  const auto clocks = [](unsigned tenth) {
    ClockPair at = fixture_clocks(0);
    at.boottime_ns += tenth * (kNanosecondsPerSecond / 10);
    return at;
  };
  std::vector<unsigned> sealed_at;
  for (unsigned now = 0; now <= 300; ++now) {
    const auto has = [now](const std::vector<unsigned>& times) {
      return std::find(times.begin(), times.end(), now) != times.end();
    };
    if (has(GetParam().data)) {
      const DataFrame frame = BundleFixture::frame_of({"{}\n"}, writer.leaf_count());
      ASSERT_TRUE(writer.append(frame, {}, clocks(now)));
      sealed_at.push_back(now);
    }
    if (has(GetParam().idle)) {
      ASSERT_TRUE(writer.idle_seal({}, clocks(now)));
    }
    const std::uint64_t lines = fixture_.verify(passed_on(sink.written)).lines;
    const auto due = std::count_if(sealed_at.begin(), sealed_at.end(),
                                   [now](unsigned time) { return time + kBound <= now; });
    EXPECT_GE(lines, due > 0 ? static_cast<std::uint64_t>(due) + 1 : 0) << "tenth " << now;
  }
}

std::vector<unsigned> every(unsigned step, unsigned end) {
  std::vector<unsigned> times;
  for (unsigned time = 1; time < end; time += step) times.push_back(time);
  return times;
}

INSTANTIATE_TEST_SUITE_P(Loads, PaddingScheduleTest,
                         testing::Values(Schedule{"Busy", every(4, 300), {}},
                                         Schedule{"OnceASecond", every(10, 300), {}},
                                         Schedule{"OnceInABlueMoon", {1}, {41, 81, 121}},
                                         Schedule{"TwoThenSilence", {1, 11}, {51, 91, 131}},
                                         Schedule{"JustBeforeItIsDue", {1, 40}, {80, 120, 160}}),
                         [](const auto& test) { return test.param.name; });

TEST_F(PaddingTest, EndsJustBehindAPiece) {
  const std::vector<Frame> frames = frames_of(bundle_);
  const auto padding = std::find_if(frames.begin(), frames.end(), is_padding);

  ASSERT_NE(padding, frames.end());
  EXPECT_EQ((padding->offset + padding->bytes.size()) % kPieceBytes, 1u);
}

// At each distance from the end of a piece, also those where no header fits any more.
TEST_F(PaddingTest, PushesOutEveryLengthOfABundle) {
  for (std::size_t extra = 0; extra < 24; ++extra) {
    MemorySink sink;
    sink.piece = 32;
    BundleWriter writer(sink, fixture_.signer, fixture_.keys);
    ASSERT_TRUE(writer.start(fixture_.start()));
    const std::string line = "{\"a\":\"" + std::string(extra, 'x') + "\"}\n";
    ASSERT_TRUE(writer.append(BundleFixture::frame_of({line}, 0), {}, fixture_clocks(1)));
    const Frame last = frames_of(sink.written).back();
    ASSERT_TRUE(is_padding(last));
    EXPECT_GT((sink.written.size() - 1) / sink.piece, (last.offset - 1) / sink.piece);
    EXPECT_LE(last.bytes.size(), kSkippableHeaderBytes + sink.piece);
  }
}

TEST_F(PaddingTest, IsNotWrittenToASinkThatKeepsNothing) {
  fixture_.recipients.clear();
  for (const Frame& frame : frames_of(fixture_.bundle())) EXPECT_FALSE(is_padding(frame));
}

TEST_F(PaddingTest, MakesNoBundleLessThanComplete) {
  const VerifyReport report = fixture_.verify(bundle_);

  EXPECT_EQ(report.verdict, Verdict::kComplete) << testing::PrintToString(report.reasons);
  EXPECT_EQ(report.lines, 6u);
}

TEST_F(PaddingTest, KeepsTheSealedPrefixAtEveryCut) {
  const std::vector<Frame> frames = frames_of(bundle_);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const Bytes cut = Bytes(bundle_).first(frames[i].offset + frames[i].bytes.size() / 2);
    EXPECT_EQ(fixture_.verify(cut).verdict, Verdict::kIncomplete) << "frame " << i;
  }
}

TEST_F(PaddingTest, IsRefusedWhereverElseItStands) {
  const std::vector<Frame> frames = frames_of(bundle_);
  const Frame padding = *std::find_if(frames.begin(), frames.end(), is_padding);
  for (std::size_t i = 0; i <= frames.size(); ++i) {
    std::vector<Frame> more = frames;
    more.insert(more.begin() + static_cast<std::ptrdiff_t>(i), padding);
    EXPECT_EQ(fixture_.verify(join(more)).verdict, Verdict::kTampered) << "before frame " << i;
  }
}

TEST_F(PaddingTest, IsMissedWhereItWasTakenOut) {
  std::vector<Frame> frames = frames_of(bundle_);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (!is_padding(frames[i])) continue;
    std::vector<Frame> fewer = frames;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_EQ(fixture_.verify(join(fewer)).verdict, Verdict::kTampered) << "frame " << i;
  }
}

// Also at the end of a cut bundle, where no later digest covers it.
TEST_F(PaddingTest, MayHoldNothing) {
  std::vector<Frame> frames = frames_of(bundle_);
  const auto padding = std::find_if(frames.begin(), frames.end(), is_padding);
  padding->bytes.back() = std::byte{1};
  frames.erase(padding + 1, frames.end());

  EXPECT_EQ(fixture_.verify(join(frames)).verdict, Verdict::kTampered);
}

// A padding that nobody approved to be there could carry what no seal covers.
TEST_F(PaddingTest, IsRefusedUnderAnApprovalWithoutRecipients) {
  fixture_.recipients.clear();
  MemorySink sink;
  sink.piece = kPieceBytes;
  BundleWriter writer(sink, fixture_.signer, fixture_.keys);
  fixture_.write(writer, {});

  EXPECT_EQ(fixture_.verify(sink.written).verdict, Verdict::kTampered);
}

}  // namespace
}  // namespace scopetrace
