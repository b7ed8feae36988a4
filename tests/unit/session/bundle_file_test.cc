// SPDX-License-Identifier: Apache-2.0
// A bundle in several parts, written by its thread.
#include "userspace/session/capture/bundle_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <csignal>

#include "tests/support/bundle_fixture.h"
#include "userspace/base/file.h"
#include "userspace/bundle/part_chain.h"

namespace scopetrace {
namespace {

class BundleFileTest : public ::testing::Test {
 protected:
  // A file in memory that can be looked at while the bundle writes it.
  UniqueFd add_file() {
    files_.emplace_back(::memfd_create("part", MFD_CLOEXEC));
    return UniqueFd(::fcntl(files_.back().get(), F_DUPFD_CLOEXEC, 0));
  }
  NextPart next_part() {
    return {.summary = fixture_.summary(kRotatedEnd),
            .end = {.reason = kRotatedEnd},
            .fd = add_file(),
            .start = fixture_.start(),
            .note_head = [this](const SealHead& head) -> Status {
              heads_.push_back(head);
              return {};
            }};
  }
  static DataFrame frame(std::uint64_t first) {
    return BundleFixture::frame_of({"{\"n\":" + std::to_string(first) + "}\n"}, first);
  }
  VerifyReport verify(std::size_t part) const {
    auto source = FileSource::open(files_[part].get());
    ST_CHECK(source.has_value());
    auto report = verify_bundle(*source, {.trust = fixture_.trust(), .on_line = {}, .ledger = {}});
    ST_CHECK(report.has_value());
    return *std::move(report);
  }

  BundleFixture fixture_;
  std::vector<UniqueFd> files_;
  std::vector<SealHead> heads_;
};

TEST_F(BundleFileTest, WritesPartsThatFollowEachOther) {
  BundleFile bundle(add_file(), fixture_.host);
  ASSERT_TRUE(bundle.start(fixture_.start()));
  bundle.append(frame(0), {});
  bundle.append(frame(1), {});
  bundle.rotate(next_part());
  bundle.append(frame(0), {});
  bundle.rotate(next_part());
  ASSERT_TRUE(bundle.finish(fixture_.summary("limit"), {.reason = "limit"}));

  std::vector<PartFile> parts;
  for (std::size_t i = 0; i < files_.size(); ++i) parts.push_back({std::to_string(i), verify(i)});
  const auto chains = judge_chains(parts, nullptr);
  ASSERT_EQ(chains.size(), 1U);
  EXPECT_EQ(chains[0].verdict, Verdict::kComplete) << ::testing::PrintToString(chains[0].reasons);
  EXPECT_EQ(parts[0].report.lines, 4U);  // line 0, two, the summary
  EXPECT_EQ(parts[1].report.lines, 3U);
  EXPECT_EQ(parts[2].report.lines, 2U);
  EXPECT_EQ(bundle.sealed_parts(), 3U);
  EXPECT_EQ(bundle.lines(), 6U);
}

// A part that is asked for is the other one until its first byte is written.
TEST_F(BundleFileTest, TellsTheSizeOfThePartThatIsWritten) {
  BundleFile bundle(add_file(), fixture_.host);
  ASSERT_TRUE(bundle.start(fixture_.start()));
  EXPECT_EQ(bundle.bytes_of_part(1), bundle.bytes_written());
  EXPECT_EQ(bundle.bytes_of_part(2), 0U);
  const std::uint64_t first = bundle.bytes_written();
  bundle.rotate(next_part());
  ASSERT_TRUE(bundle.finish(fixture_.summary("limit"), {.reason = "limit"}));

  EXPECT_EQ(bundle.bytes_of_part(1), 0U);
  EXPECT_GT(bundle.bytes_of_part(2), 0U);
  EXPECT_GT(bundle.bytes_written(), first + bundle.bytes_of_part(2));
}

// What encrypts a part ends when nobody holds its pipe any more.
TEST_F(BundleFileTest, ClosesThePipeOfAPartThatIsWhole) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd reader(ends[0]);
  ASSERT_GT(::fcntl(ends[1], F_SETPIPE_SZ, 1 << 20), 0);  // all of it fits
  fixture_.recipients = {"age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"};
  BundleFile bundle(UniqueFd(ends[1]), fixture_.host);
  ASSERT_TRUE(bundle.start(fixture_.start()));
  bundle.append(frame(0), {});
  bundle.rotate(next_part());

  const auto bytes = read_all(reader.get(), 1 << 20);  // to its end, while the bundle goes on

  ASSERT_TRUE(bytes);
  const VerifyReport report = fixture_.verify(as_bytes(*bytes));
  EXPECT_EQ(report.end, kRotatedEnd);
  EXPECT_EQ(report.lines, 3U);
  ASSERT_TRUE(bundle.finish(fixture_.summary("limit"), {.reason = "limit"}));
}

// The ledger may be full, or gone.
TEST_F(BundleFileTest, KeepsAWholePartWhoseEndCannotBeNoted) {
  BundleFile bundle(add_file(), fixture_.host);
  ASSERT_TRUE(bundle.start(fixture_.start()));
  bundle.append(frame(0), {});
  NextPart next = next_part();
  next.note_head = [](const SealHead&) -> Status { return fail(ErrorCode::kLimit, "disk full"); };
  bundle.rotate(std::move(next));
  bundle.append(frame(0), {});
  ASSERT_TRUE(bundle.finish(fixture_.summary("disk-full"), {.reason = "disk-full"}));

  EXPECT_EQ(bundle.sealed_parts(), 2U);
  EXPECT_EQ(verify(0).verdict, Verdict::kComplete);
  EXPECT_EQ(verify(1).verdict, Verdict::kCompleteWithLoss);
  EXPECT_EQ(verify(1).losses.claimed_lost_user_events, 1U);
}

TEST_F(BundleFileTest, NotesTheLastSealOfEachPart) {
  BundleFile bundle(add_file(), fixture_.host);
  ASSERT_TRUE(bundle.start(fixture_.start()));
  bundle.rotate(next_part());
  ASSERT_TRUE(bundle.finish(fixture_.summary("limit"), {.reason = "limit"}));

  ASSERT_EQ(heads_.size(), 1U);
  LedgerSeals ledger;
  const std::string session = fixture_.start().facts.session;
  ledger.heads[{session, 1}][heads_[0].seals] = heads_[0].digest;
  const SealHead last = bundle.seal_head();
  EXPECT_EQ(last.part, 2U);
  ledger.heads[{session, 2}][last.seals] = last.digest;
  for (std::size_t part = 0; part < 2; ++part) {
    auto source = FileSource::open(files_[part].get());
    const auto report =
        verify_bundle(*source, {.trust = fixture_.trust(), .on_line = {}, .ledger = ledger});
    EXPECT_EQ(report->anchored, "ledger") << ::testing::PrintToString(report->reasons);
  }
}

// No file of this process may be larger while it lives.
class SizeLimit {
 public:
  explicit SizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    handler_ = ::signal(SIGXFSZ, SIG_IGN);
  }
  ~SizeLimit() {
    ::signal(SIGXFSZ, handler_);
    ::setrlimit(RLIMIT_FSIZE, &before_);
  }
  SizeLimit(const SizeLimit&) = delete;
  SizeLimit& operator=(const SizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int) = SIG_DFL;
};

TEST_F(BundleFileTest, EndsTheOpenPartWhenThereIsNoRoomForAnother) {
  const SizeLimit limit(600 << 10);  // enough for the start of one, not for another one's reserve
  BundleFile bundle(add_file(), fixture_.host);
  ASSERT_TRUE(bundle.start(fixture_.start()));
  bundle.append(frame(0), {});
  bundle.rotate(next_part());
  bundle.append(frame(0), {});
  ASSERT_TRUE(bundle.finish(fixture_.summary("disk-full"), {.reason = "disk-full"}));

  EXPECT_EQ(bundle.sealed_parts(), 1U);
  EXPECT_TRUE(heads_.empty());
  const VerifyReport report = verify(0);
  EXPECT_EQ(report.verdict, Verdict::kCompleteWithLoss);
  EXPECT_EQ(report.end, "disk-full");
  EXPECT_EQ(report.losses.claimed_lost_user_events, 1U);
}

}  // namespace
}  // namespace scopetrace
