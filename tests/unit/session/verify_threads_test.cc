// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/support/bundle_fixture.h"
#include "userspace/session/front/opener_threads.h"

namespace scopetrace {
namespace {

// A bundle whose frames are large enough that several are opened at once, and in it a frame whose
// lines are not those under its seal.
class VerifyWithThreadsTest : public testing::Test {
 protected:
  static constexpr std::size_t kFrames = 30;
  static constexpr std::size_t kNone = kFrames;

  static std::string line(std::size_t i) {
    return std::string(300'000, static_cast<char>('a' + i % 26)) + "\n";
  }

  ByteVector bundle(std::size_t wrong = kNone) {
    MemorySink sink;
    BundleWriter writer(sink, fixture_.signer, fixture_.keys);
    ST_CHECK(writer.start(fixture_.start()).has_value());
    for (std::size_t i = 0; i < kFrames; ++i) {
      DataFrame frame = BundleFixture::frame_of({line(i)}, i);
      if (i == wrong) frame.leaves[0] = {};
      ST_CHECK(writer.append(frame, {}, fixture_clocks(1)).has_value());
    }
    ST_CHECK(writer.finish({.reason = "limit", .clocks = fixture_clocks(8)}).has_value());
    return sink.written;
  }

  VerifyReport verify(ByteSource& source) {
    lines_.clear();
    const VerifyInputs inputs{.trust = fixture_.trust(), .on_line = [this](std::string_view line) {
                                lines_.emplace_back(line);
                              }};
    auto report = verify_bundle(source, inputs);
    ST_CHECK(report.has_value());
    return *std::move(report);
  }
  VerifyReport verify(Bytes bytes) {
    MemorySource source(bytes);
    return verify(source);
  }

  // The first byte of the `n`-th seal's frame.
  static std::uint64_t seal_at(Bytes bundle, std::size_t n) {
    for (const Frame& frame : frames_of(bundle)) {
      if (frame.magic == FrameMagic::kSeal && n-- == 0) return frame.offset;
    }
    return 0;
  }
  void expect_fault_of_frame(const VerifyReport& report, std::size_t wrong, Bytes bundle) {
    EXPECT_EQ(report.verdict, Verdict::kTampered);
    ASSERT_EQ(report.reasons.size(), 1U) << testing::PrintToString(report.reasons);
    EXPECT_EQ(report.reasons[0], "seal: the lines have another Merkle root (frame at byte " +
                                     std::to_string(seal_at(bundle, wrong)) + ")");
    EXPECT_EQ(report.seals, wrong);
    EXPECT_EQ(report.lines, wrong + 1);
    EXPECT_EQ(lines_.size(), wrong + 1);
  }

  BundleFixture fixture_;
  std::vector<std::string> lines_;
};

TEST_F(VerifyWithThreadsTest, HandsOutLinesInOrder) {
  EXPECT_EQ(verify(bundle()).verdict, Verdict::kComplete);
  ASSERT_EQ(lines_.size(), kFrames + 1);
  for (std::size_t i = 0; i < kFrames; ++i) EXPECT_EQ(lines_[i + 1], line(i)) << i;
}

TEST_F(VerifyWithThreadsTest, TellsTheEarlierOfTwoFaults) {
  for (const std::size_t wrong : {0U, 3U, 29U}) {
    ByteVector bytes = bundle(wrong);
    expect_fault_of_frame(verify(bytes), wrong, bytes);
    const std::uint64_t next = seal_at(bytes, wrong + 1);
    bytes[next + 60] ^= std::byte{1};  // inside the text that is signed
    expect_fault_of_frame(verify(bytes), wrong, bytes);
    bytes.resize(next);
    expect_fault_of_frame(verify(bytes), wrong, bytes);
  }
}

TEST_F(VerifyWithThreadsTest, TellsOfALaterFaultBehindGoodFrames) {
  ByteVector bytes = bundle();
  bytes[seal_at(bytes, 7) + 60] ^= std::byte{1};

  const VerifyReport report = verify(bytes);

  EXPECT_EQ(report.verdict, Verdict::kTampered);
  EXPECT_EQ(report.seals, 7U);
  EXPECT_EQ(lines_.size(), 8U);
}

// Somebody who has seen enough: nothing may hang or leak.
TEST_F(VerifyWithThreadsTest, PassesOnWhatTheCallerThrows) {
  const ByteVector bytes = bundle();
  MemorySource source(bytes);
  const VerifyInputs inputs{.trust = {},
                            .on_line = [](std::string_view) { throw std::runtime_error("full"); },
                            .make_opener = make_opener_threads};
  EXPECT_THROW((void)verify_bundle(source, inputs), std::runtime_error);
}

// A disk that fails a read that begins at some byte or behind it.
class BrokenSource final : public ByteSource {
 public:
  BrokenSource(Bytes whole, std::uint64_t broken_from)
      : source_(whole), broken_from_(broken_from) {}
  Result<std::uint64_t> available(std::uint64_t offset, std::uint64_t wanted_bytes) override {
    return source_.available(offset, wanted_bytes);
  }
  Status read(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset >= broken_from_) return fail(ErrorCode::kIo, "read the bundle");
    return source_.read(offset, out);
  }

 private:
  MemorySource source_;
  std::uint64_t broken_from_;
};

TEST_F(VerifyWithThreadsTest, TellsAFaultBeforeAnErrorOfTheDiskBehindIt) {
  const ByteVector bytes = bundle(2);
  BrokenSource source(bytes, seal_at(bytes, 20));
  expect_fault_of_frame(verify(source), 2, bytes);
}

TEST_F(VerifyWithThreadsTest, FailsWhereTheDiskDoesAfterTheLinesBefore) {
  const ByteVector bytes = bundle();
  BrokenSource source(bytes, frames_of(bytes).back().offset);
  std::size_t lines = 0;
  const VerifyInputs inputs{.trust = {},
                            .on_line = [&](std::string_view) { ++lines; },
                            .make_opener = make_opener_threads};
  EXPECT_FALSE(verify_bundle(source, inputs));
  EXPECT_EQ(lines, kFrames + 1);
}

}  // namespace
}  // namespace scopetrace
