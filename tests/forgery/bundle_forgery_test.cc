// SPDX-License-Identifier: Apache-2.0
// What can be done to a bundle by somebody who holds the file, each with its verdict. Further ones,
// such as every bit flip and every cut, are in tests/unit/bundle/verify_test.cc.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <ostream>

#include "tests/support/bundle_fixture.h"
#include "userspace/bundle/format.h"
#include "userspace/bundle/reader.h"

namespace scopetrace {
namespace {

using Frames = std::vector<Frame>;

// The bundle at hand, another session of the same host, and where its frames are.
struct Material {
  Frames frames;
  Frames other;

  std::size_t nth(FrameMagic magic, std::size_t n) const {
    for (std::size_t at = 0; at < frames.size(); ++at) {
      if (frames[at].magic == magic && n-- == 0) return at;
    }
    ST_CHECK(false);
    return 0;
  }
  // Replaces text of the same length inside a frame.
  void edit(FrameMagic magic, std::size_t n, std::string_view from, std::string_view to) {
    ByteVector& bytes = frames[nth(magic, n)].bytes;
    const auto at = as_text(bytes).find(from);
    ST_CHECK(at != std::string_view::npos && from.size() == to.size());
    std::copy_n(as_bytes(to).begin(), to.size(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
  }
  void drop(FrameMagic magic, std::size_t n) {
    frames.erase(frames.begin() + static_cast<std::ptrdiff_t>(nth(magic, n)));
  }
  void repeat(FrameMagic magic, std::size_t n) {
    const std::size_t at = nth(magic, n);
    const Frame copy = frames[at];
    frames.insert(frames.begin() + static_cast<std::ptrdiff_t>(at), copy);
  }
  void swap(FrameMagic magic, std::size_t a, std::size_t b) {
    std::swap(frames[nth(magic, a)], frames[nth(magic, b)]);
  }
  void splice(FrameMagic magic, std::size_t n) {
    const std::size_t at = nth(magic, n);
    frames[at] = other[at];
  }
};

struct Forgery {
  const char* name;
  std::function<void(Material&)> forge;
  Verdict verdict;
};
void PrintTo(const Forgery& row, std::ostream* out) { *out << row.name; }

constexpr auto kData = FrameMagic::kData;
constexpr auto kSeal = FrameMagic::kSeal;
constexpr auto kSession = FrameMagic::kSession;
constexpr auto kApproval = FrameMagic::kApproval;
constexpr auto kSalt = FrameMagic::kLeafSalt;
constexpr auto kFinal = FrameMagic::kFinalNote;
constexpr auto kSeek = FrameMagic::kSeekTable;

auto edit_seal(const char* from, const char* to) {
  return [=](Material& m) { m.edit(kSeal, 0, from, to); };
}
auto edit_final(const char* from, const char* to) {
  return [=](Material& m) { m.edit(kFinal, 0, from, to); };
}

const Forgery kForgeries[] = {
    {"Line0Dropped", [](Material& m) { m.drop(kData, 0); }, Verdict::kTampered},
    {"FirstDataFrameDropped", [](Material& m) { m.drop(kData, 1); }, Verdict::kTampered},
    {"LastDataFrameDropped", [](Material& m) { m.drop(kData, 3); }, Verdict::kTampered},
    {"DataAndItsSealDropped",
     [](Material& m) {
       m.drop(kData, 2);
       m.drop(kSeal, 2);
     },
     Verdict::kTampered},
    {"IdleSealDropped", [](Material& m) { m.drop(kSeal, 1); }, Verdict::kTampered},
    {"LastSealDropped", [](Material& m) { m.drop(kSeal, 3); }, Verdict::kTampered},
    {"SessionDropped", [](Material& m) { m.drop(kSession, 0); }, Verdict::kTampered},
    {"ApprovalDropped", [](Material& m) { m.drop(kApproval, 0); }, Verdict::kTampered},
    {"SaltDropped", [](Material& m) { m.drop(kSalt, 0); }, Verdict::kTampered},
    {"DataFramesSwapped", [](Material& m) { m.swap(kData, 1, 2); }, Verdict::kTampered},
    {"SealsSwapped", [](Material& m) { m.swap(kSeal, 0, 2); }, Verdict::kTampered},
    {"DataFrameRepeated", [](Material& m) { m.repeat(kData, 1); }, Verdict::kTampered},
    {"SealRepeated", [](Material& m) { m.repeat(kSeal, 1); }, Verdict::kTampered},
    {"SealOfAnotherSession", [](Material& m) { m.splice(kSeal, 0); }, Verdict::kTampered},
    {"DataAndSealOfAnotherSession",
     [](Material& m) {
       m.splice(kData, 2);
       m.splice(kSeal, 2);
     },
     Verdict::kTampered},
    {"SessionTextOfAnotherSession", [](Material& m) { m.splice(kSession, 0); }, Verdict::kTampered},
    {"FinalNoteOfAnotherSession", [](Material& m) { m.splice(kFinal, 0); }, Verdict::kTampered},
    {"TailOfAnotherSession",
     [](Material& m) {
       for (std::size_t at = m.nth(kSeal, 1); at < m.frames.size(); ++at)
         m.frames[at] = m.other[at];
     },
     Verdict::kTampered},
    {"SaltChanged", [](Material& m) { m.frames[m.nth(kSalt, 0)].bytes.back() ^= std::byte{1}; },
     Verdict::kTampered},
    {"SealIndexEdited", edit_seal("index: 0", "index: 1"), Verdict::kTampered},
    {"SealCountEdited", edit_seal("count: 2", "count: 1"), Verdict::kTampered},
    {"KernelEventsLostEdited", edit_seal("lost-kernel-events: 7", "lost-kernel-events: 0"),
     Verdict::kTampered},
    {"KernelBytesLostEdited", edit_seal("lost-kernel-bytes: 6", "lost-kernel-bytes: 0"),
     Verdict::kTampered},
    {"SuppressedEdited", edit_seal("suppressed: 5", "suppressed: 0"), Verdict::kTampered},
    {"UserEventsLostEdited",
     edit_seal("claimed-lost-user-events: 4", "claimed-lost-user-events: 0"), Verdict::kTampered},
    {"TruncatedBytesEdited", edit_seal("claimed-truncated-bytes: 3", "claimed-truncated-bytes: 0"),
     Verdict::kTampered},
    {"RedactionsEdited", edit_seal("claimed-redactions: 2", "claimed-redactions: 0"),
     Verdict::kTampered},
    {"FinalLossesEdited", edit_final("lost-kernel-events: 7", "lost-kernel-events: 0"),
     Verdict::kTampered},
    {"EndReasonEdited", edit_final("limit", "stopp"), Verdict::kTampered},
    {"FinalNoteWithoutSignature", [](Material& m) { m.edit(kFinal, 0, "BEGIN SSH", "BEGIN SSI"); },
     Verdict::kTampered},
    {"ApprovalEdited",
     [](Material& m) { m.edit(kApproval, 0, "max-seconds: 900", "max-seconds: 901"); },
     Verdict::kTampered},
    {"FinalNoteCutOff",
     [](Material& m) {
       m.drop(kSeek, 0);
       m.drop(kFinal, 0);
     },
     Verdict::kIncomplete},
    {"SeekTableDropped", [](Material& m) { m.drop(kSeek, 0); }, Verdict::kIncomplete},
    {"SeekTableOfAnotherShape",
     [](Material& m) {
       ByteVector& bytes = m.frames[m.nth(kSeek, 0)].bytes;
       bytes[kSkippableHeaderBytes] ^= std::byte{1};
     },
     Verdict::kTampered},
    {"FrameAfterTheEnd", [](Material& m) { m.frames.push_back(m.frames[m.nth(kData, 1)]); },
     Verdict::kTampered},
};

LossCounters some_losses() {
  LossCounters losses;
  losses.lost_kernel_events = 7;
  losses.lost_kernel_bytes = 6;
  losses.suppressed = 5;
  losses.claimed_lost_user_events = 4;
  losses.claimed_truncated_bytes = 3;
  losses.claimed_redactions = 2;
  return losses;
}

class BundleForgeryTest : public ::testing::TestWithParam<Forgery> {
 protected:
  BundleFixture fixture_;
};

TEST_P(BundleForgeryTest, GetsItsVerdict) {
  Material material{frames_of(fixture_.bundle(some_losses())),
                    frames_of(fixture_.bundle(some_losses()))};
  ASSERT_EQ(fixture_.verify(join(material.frames)).verdict, Verdict::kCompleteWithLoss);

  GetParam().forge(material);

  const VerifyReport report = fixture_.verify(join(material.frames));
  EXPECT_EQ(verdict_name(report.verdict), verdict_name(GetParam().verdict))
      << (report.reasons.empty() ? "" : report.reasons.front());
}

INSTANTIATE_TEST_SUITE_P(Bundle, BundleForgeryTest, ::testing::ValuesIn(kForgeries),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(BundleForgeryTest, AnotherHostsBundleIsUntrusted) {
  BundleFixture here, there;
  ASSERT_EQ(there.verify(there.bundle()).verdict, Verdict::kComplete);

  EXPECT_EQ(here.verify(there.bundle()).verdict, Verdict::kUntrusted);
}

TEST(BundleForgeryTest, ARevokedHostKeyIsUntrusted) {
  BundleFixture fixture;
  VerifyInputs inputs{.trust = fixture.trust(), .on_line = {}};
  const ByteVector bundle = fixture.bundle();
  ASSERT_EQ(fixture.verify(bundle, inputs).verdict, Verdict::kComplete);

  inputs.trust->revoked = RevokedKeys::parse(fixture.host.public_key().line() + "\n").value();

  EXPECT_EQ(fixture.verify(bundle, inputs).verdict, Verdict::kUntrusted);
}

TEST(BundleForgeryTest, ARevokedApproverMakesItUntrusted) {
  BundleFixture fixture;
  VerifyInputs inputs{.trust = fixture.trust(), .on_line = {}};
  inputs.trust->revoked = RevokedKeys::parse(fixture.approver.public_key().line() + "\n").value();

  EXPECT_EQ(fixture.verify(fixture.bundle(), inputs).verdict, Verdict::kUntrusted);
}

}  // namespace
}  // namespace scopetrace
