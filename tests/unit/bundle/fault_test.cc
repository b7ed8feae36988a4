// SPDX-License-Identifier: Apache-2.0
// What is left of a bundle when a call to the disk fails, or the power is cut, at every one of
// them, and what recover makes of it.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/support/bundle_fixture.h"
#include "tests/support/faulty_disk.h"
#include "userspace/base/file.h"
#include "userspace/base/unique_fd.h"
#include "userspace/bundle/recover.h"

namespace scopetrace {
namespace {

// What a session wrote, and what it was told to be safe.
struct Session {
  FaultyDisk disk;
  std::uint64_t sealed_lines = 0;  // by calls that returned without an error, line 0 not counted
  bool has_started = false;
  bool is_finished = false;
};

class FaultTest : public testing::Test {
 protected:
  FaultTest() { fixture_.fix_keys(); }

  // A session as capture runs it: after the first failure nothing more is appended, and the end is
  // tried all the same. Keys are the same in every run, so that bytes can be compared.
  Session run(FaultyDisk disk) const {
    Session run{.disk = std::move(disk)};
    FixedSealKeys keys;
    KeySigner signer(fixture_.host);
    BundleWriter writer(run.disk, signer, keys);
    run.has_started = writer.start(fixture_.start()).has_value();
    if (!run.has_started) return run;
    bool is_good = true;
    for (std::uint64_t i = 0; i < 4 && is_good; ++i) {
      const std::string line = "{\"n\":" + std::to_string(i) + "}\n";
      is_good =
          writer.append(BundleFixture::frame_of({line}, i), {}, fixture_clocks(i)).has_value();
      if (is_good) run.sealed_lines = i + 1;
      if (is_good) is_good = writer.idle_seal({}, fixture_clocks(i)).has_value();
    }
    const BundleEnd end{.reason = is_good ? "limit" : "write-failed", .clocks = fixture_clocks(9)};
    run.is_finished = writer.finish(end).has_value();
    return run;
  }

  // Checks the promise on these bytes: what was said to be sealed is there, nothing is called
  // tampered, and what recover keeps are the bytes that were there and verifies.
  void expect_kept(Bytes bytes, const Session& run) const {
    MemorySource source(bytes);
    const VerifyReport report = fixture_.verify(bytes);
    FaultyDisk out;
    const auto recovery = recover_bundle(report, source, out);
    if (!recovery) {
      EXPECT_FALSE(run.has_started) << recovery.error().message();
      return;
    }
    EXPECT_GE(report.lines, run.has_started ? run.sealed_lines + 1 : 0);
    const ByteVector& kept = out.written();
    EXPECT_EQ(out.durable(), kept.size());
    EXPECT_EQ(recovery->written_bytes, kept.size());
    EXPECT_TRUE(std::equal(kept.begin(),
                           kept.begin() + static_cast<std::ptrdiff_t>(recovery->kept_bytes),
                           bytes.begin()));
    const VerifyReport after = fixture_.verify(kept);
    EXPECT_EQ(after.verdict, recovery->has_new_seek_table || report.has_seek_table
                                 ? Verdict::kComplete
                                 : Verdict::kIncomplete);
    EXPECT_EQ(after.lines, report.lines);
    EXPECT_EQ(after.verified_bytes, kept.size());
  }

  BundleFixture fixture_;
};

TEST_F(FaultTest, KeepsWhatIsSealedWhateverCallFails) {
  const Session good = run(FaultyDisk());
  ASSERT_TRUE(good.is_finished);
  ASSERT_GT(good.disk.calls(), 30U);
  for (std::size_t at = 1; at <= good.disk.calls(); ++at) {
    for (const DiskFault fault : {DiskFault::kError, DiskFault::kHalfWritten}) {
      for (const bool is_for_good : {false, true}) {
        SCOPED_TRACE("call " + std::to_string(at) + (is_for_good ? " and all later" : ""));
        const Session failed = run(FaultyDisk(at, fault, ErrorCode::kIo, is_for_good));
        EXPECT_NE(fixture_.verify(failed.disk.written()).verdict, Verdict::kTampered);
        expect_kept(failed.disk.written(), failed);
      }
    }
  }
}

TEST_F(FaultTest, EndsWholeWheneverTheDiskIsFull) {
  const Session good = run(FaultyDisk());
  std::size_t full = 0;
  for (std::size_t at = 2; at <= good.disk.calls(); ++at) {
    const Session failed = run(FaultyDisk(at, DiskFault::kError, ErrorCode::kLimit));
    if (!failed.is_finished || failed.sealed_lines == good.sealed_lines) continue;
    ++full;  // a reservation failed
    EXPECT_EQ(fixture_.verify(failed.disk.written()).verdict, Verdict::kComplete) << "call " << at;
  }
  EXPECT_GE(full, 4U);
}

TEST_F(FaultTest, KeepsWhatIsSealedWheneverThePowerIsCut) {
  const Session good = run(FaultyDisk());
  for (std::size_t at = 1; at <= good.disk.calls(); ++at) {
    const Session cut = run(FaultyDisk(at, DiskFault::kHalfWritten, ErrorCode::kIo, true));
    for (const Torn torn :
         {Torn::kNothing, Torn::kHalf, Torn::kAll, Torn::kZeros, Torn::kTailOnly}) {
      SCOPED_TRACE("call " + std::to_string(at) + ", torn " +
                   std::to_string(static_cast<int>(torn)));
      expect_kept(cut.disk.after_power_cut(torn), cut);
    }
  }
}

TEST_F(FaultTest, LosesAtMostOneFrameToAPowerCut) {
  const Session good = run(FaultyDisk());
  for (std::size_t at = 1; at <= good.disk.calls(); ++at) {
    const Session cut = run(FaultyDisk(at, DiskFault::kError, ErrorCode::kIo, true));
    if (!cut.has_started) continue;
    const VerifyReport report = fixture_.verify(cut.disk.after_power_cut(Torn::kNothing));
    EXPECT_EQ(report.lines, cut.sealed_lines + 1) << "call " << at;
  }
}

class RecoverTest : public FaultTest {
 protected:
  Result<Recovery> recover(Bytes bytes) {
    MemorySource source(bytes);
    return recover_bundle(fixture_.verify(bytes), source, out_);
  }
  // The end of the proved part of the first half.
  std::size_t middle() const {
    return fixture_.verify(Bytes(whole_).first(whole_.size() / 2)).verified_bytes;
  }

  ByteVector whole_ = run(FaultyDisk()).disk.written();
  FaultyDisk out_;
};

TEST_F(RecoverTest, KnowsAWholeBundle) {
  const Bytes cut = Bytes(whole_).first(whole_.size() - 3);

  EXPECT_TRUE(is_nothing_to_recover(fixture_.verify(whole_)));
  EXPECT_FALSE(is_nothing_to_recover(fixture_.verify(cut)));
}

TEST_F(RecoverTest, KeepsAWholeBundleAsItIs) {
  const auto recovery = recover(whole_);

  ASSERT_TRUE(recovery);
  EXPECT_EQ(recovery->kept_bytes, whole_.size());
  EXPECT_EQ(recovery->dropped_bytes, 0U);
  EXPECT_FALSE(recovery->has_new_seek_table);
}

TEST_F(RecoverTest, MakesALostSeekTableAgain) {
  const auto recovery = recover(Bytes(whole_).first(whole_.size() - 3));

  ASSERT_TRUE(recovery);
  EXPECT_TRUE(recovery->has_new_seek_table);
  EXPECT_EQ(out_.written(), whole_);
}

TEST_F(RecoverTest, ReadsAPipeFromFrontToBack) {
  const Bytes cut = Bytes(whole_).first(whole_.size() - 3);
  const UniqueFd file(::memfd_create("bundle", MFD_CLOEXEC));
  ASSERT_TRUE(write_all(file.get(), cut));
  ASSERT_EQ(::lseek(file.get(), 0, SEEK_SET), 0);
  PipeSource source(file.get());

  const auto recovery = recover_bundle(fixture_.verify(cut), source, out_);

  ASSERT_TRUE(recovery);
  EXPECT_EQ(out_.written(), whole_);
}

TEST_F(RecoverTest, FindsABundleThatChangedMeanwhile) {
  const VerifyReport report = fixture_.verify(whole_);
  MemorySource source(Bytes(whole_).first(middle()));

  const auto recovery = recover_bundle(report, source, out_);

  ASSERT_FALSE(recovery);
  EXPECT_EQ(recovery.error().code(), ErrorCode::kIo);
}

TEST_F(RecoverTest, RefusesWhatWasChangedBeforeItsEnd) {
  whole_[middle() + 20] ^= std::byte{1};

  const auto recovery = recover(whole_);

  ASSERT_FALSE(recovery);
  EXPECT_EQ(recovery.error().code(), ErrorCode::kTampered);
}

TEST_F(RecoverTest, RefusesMoreThanAnInterruptedCaptureLeaves) {
  whole_.resize(middle());
  whole_.resize(whole_.size() + 3'000'000);

  const auto recovery = recover(whole_);

  ASSERT_FALSE(recovery);
  EXPECT_EQ(recovery.error().code(), ErrorCode::kTampered);
}

TEST_F(RecoverTest, HasNothingOfAFileThatIsEmpty) {
  const auto recovery = recover(Bytes());

  ASSERT_FALSE(recovery);
  EXPECT_EQ(recovery.error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace scopetrace
