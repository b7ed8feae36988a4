// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/writer.h"

#include <gtest/gtest.h>

#include "tests/support/bundle_fixture.h"

namespace scopetrace {
namespace {

class BundleWriterTest : public testing::Test {
 protected:
  BundleFixture fixture_;
  MemorySink sink_;
  BundleWriter writer_{sink_, fixture_.signer, fixture_.keys};
};

TEST_F(BundleWriterTest, SyncsAfterTheStartAndEachSeal) {
  fixture_.write(writer_, {});

  EXPECT_EQ(sink_.syncs, 7);  // start, 5 seals, end
}

TEST_F(BundleWriterTest, NamesItsLastSealAlsoBehindTheFinalNote) {
  fixture_.write(writer_, {});
  LedgerSeals ledger;
  ledger.heads[{fixture_.start().facts.session, 1}][writer_.seal_count()] =
      writer_.last_seal_digest();

  EXPECT_NE(fixture_.verify(sink_.written, ledger).verdict, Verdict::kTampered);
  ledger.heads.begin()->second.rbegin()->second[0] ^= std::byte{1};
  EXPECT_EQ(fixture_.verify(sink_.written, ledger).verdict, Verdict::kTampered);
}

struct BadFrame {
  const char* name;
  void (*spoil)(DataFrame&);
};

class BadFrameTest : public BundleWriterTest, public testing::WithParamInterface<BadFrame> {};

TEST_P(BadFrameTest, IsRefusedAndNothingIsWritten) {
  ASSERT_TRUE(writer_.start(fixture_.start()));
  const std::size_t before = sink_.written.size();
  DataFrame frame = BundleFixture::frame_of({"{}\n"}, 0);
  GetParam().spoil(frame);

  const Status status = writer_.append(frame, {}, fixture_clocks(1));

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kCorrupt);
  EXPECT_EQ(sink_.written.size(), before);
}

INSTANTIATE_TEST_SUITE_P(
    Hostile, BadFrameTest,
    testing::Values(BadFrame{"Empty", [](DataFrame& f) { f.compressed.clear(); }},
                    BadFrame{"TrailingByte",
                             [](DataFrame& f) { f.compressed.push_back(std::byte{0}); }},
                    BadFrame{"CutFrame", [](DataFrame& f) { f.compressed.pop_back(); }},
                    BadFrame{"OtherMagic", [](DataFrame& f) { f.compressed[0] = std::byte{0x52}; }},
                    BadFrame{"PlantedSecondFrame",
                             [](DataFrame& f) { append(f.compressed, ByteVector(f.compressed)); }},
                    BadFrame{"OtherRawSize", [](DataFrame& f) { f.raw_bytes += 1; }},
                    BadFrame{"NoLeaves", [](DataFrame& f) { f.leaves.clear(); }},
                    BadFrame{"MoreLeavesThanBytes", [](DataFrame& f) { f.leaves.resize(4); }}),
    [](const auto& test) { return test.param.name; });

TEST_F(BundleWriterTest, EndsWholeOnAFullDisk) {
  ASSERT_TRUE(writer_.start(fixture_.start()));
  sink_.capacity = sink_.written.size() + 1;

  const Status full = writer_.append(BundleFixture::frame_of({"{}\n"}, 0), {}, fixture_clocks(1));
  const Status finished = writer_.finish({.reason = "disk-full", .clocks = fixture_clocks(2)});

  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code(), ErrorCode::kLimit);
  ASSERT_TRUE(finished);
  EXPECT_EQ(fixture_.verify(sink_.written).verdict, Verdict::kComplete);
}

TEST_F(BundleWriterTest, LeavesASealedPrefixWhenAWriteFails) {
  ASSERT_TRUE(writer_.start(fixture_.start()));
  ASSERT_TRUE(writer_.append(BundleFixture::frame_of({"{}\n"}, 0), {}, fixture_clocks(1)));
  sink_.fail_at = sink_.written.size() + 5;

  EXPECT_FALSE(writer_.append(BundleFixture::frame_of({"{}\n"}, 1), {}, fixture_clocks(2)));
  EXPECT_FALSE(writer_.finish({.reason = "error", .clocks = fixture_clocks(3)}));

  const VerifyReport report = fixture_.verify(sink_.written);
  EXPECT_EQ(report.verdict, Verdict::kIncomplete);
  EXPECT_EQ(report.lines, 2u);
}

}  // namespace
}  // namespace scopetrace
