// SPDX-License-Identifier: Apache-2.0
// The files of a session whose process is killed, or whose file system fails, at every call and at
// random moments. Each run is a child process with real files.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <random>

#include "tests/support/bundle_fixture.h"
#include "tests/support/fault_calls.h"
#include "userspace/base/file.h"
#include "userspace/bundle/part_chain.h"
#include "userspace/bundle/recover.h"
#include "userspace/session/capture/bundle_file.h"
#include "userspace/session/front/part_outputs.h"

namespace scopetrace {
namespace {

using testing::arm_faults;
using testing::CallFault;
using testing::FaultPlan;

// What the child tells while it runs, in memory that both see.
struct Progress {
  std::atomic<std::uint64_t> sealed_lines;  // of the bundle, line 0 not counted
  std::atomic<std::uint64_t> calls;
};

class BundleCrashTest : public ::testing::Test {
 protected:
  BundleCrashTest() {
    fixture_.fix_keys();
    std::string pattern = ::testing::TempDir() + "crash-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    progress_ = static_cast<Progress*>(::mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE,
                                              MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    ST_CHECK(progress_ != MAP_FAILED);
  }
  ~BundleCrashTest() override {
    ::munmap(progress_, sizeof(Progress));
    std::filesystem::remove_all(folder_);
  }

  std::string path() const { return folder_ + "/b.jsonl.zst"; }

  // A session of so many frames, as front end and capture write it together.
  Status write_session(std::uint64_t frames) {
    ST_ASSIGN_OR_RETURN(PartOutputs outputs, PartOutputs::create({path(), {}, is_rotated_}));
    BundleFile bundle(UniqueFd(::dup(outputs.write_fd())), fixture_.host);
    ST_RETURN_IF_ERROR(bundle.start(fixture_.start()));
    const auto publish = [&] { progress_->sealed_lines = bundle.lines(); };
    for (std::uint64_t i = 0; i < frames && !bundle.error(); ++i) {
      const std::uint64_t first = is_rotated_ ? i % kPartFrames : i;
      if (is_rotated_ && first == 0 && i > 0) ST_RETURN_IF_ERROR(rotate(outputs, bundle));
      bundle.append(BundleFixture::frame_of({"{\"n\":" + std::to_string(first) + "}\n"}, first),
                    {});
      publish();
    }
    Status finished = bundle.finish(fixture_.summary("limit"), {.reason = "limit"});
    publish();
    ST_RETURN_IF_ERROR(name_sealed(outputs, bundle));
    outputs.remove_unbegun(finished ? 0 : 1);
    progress_->calls = testing::counted_calls();
    return finished;
  }
  // One rotation at a time, as capture asks for them.
  Status rotate(PartOutputs& outputs, BundleFile& bundle) {
    while (bundle.sealed_parts() + 1 < outputs.paths().size() && !bundle.error()) ::sched_yield();
    ST_RETURN_IF_ERROR(name_sealed(outputs, bundle));
    ST_RETURN_IF_ERROR(outputs.add());
    bundle.rotate({.summary = fixture_.summary(kRotatedEnd),
                   .end = {.reason = kRotatedEnd},
                   .fd = UniqueFd(::dup(outputs.write_fd())),
                   .start = fixture_.start()});
    return {};
  }
  static Status name_sealed(PartOutputs& outputs, const BundleFile& bundle) {
    while (outputs.sealed() < bundle.sealed_parts()) ST_RETURN_IF_ERROR(outputs.seal_next());
    return {};
  }

  // Starts it in a child; its exit status is 0 when all went well.
  pid_t start(std::uint64_t frames, const FaultPlan& plan) {
    progress_->sealed_lines = 0;
    progress_->calls = 0;
    const pid_t child = ::fork();
    ST_CHECK(child >= 0);
    if (child != 0) return child;
    arm_faults(plan);
    ::_exit(write_session(frames) ? 0 : 1);
  }
  static int wait_for(pid_t child) {
    int status = 0;
    ST_CHECK(::waitpid(child, &status, 0) == child);
    return status;
  }
  int run(const FaultPlan& plan) { return wait_for(start(3, plan)); }

  VerifyReport verify(int fd) const {
    auto source = FileSource::open(fd);
    ST_CHECK(source.has_value());
    auto report = verify_bundle(*source, {.trust = fixture_.trust(), .on_line = {}, .ledger = {}});
    ST_CHECK(report.has_value());
    return *std::move(report);
  }

  // Whatever happened: a final name is a whole bundle, anything else recovers to what was sealed.
  void expect_sound() {
    std::vector<PartFile> files;
    std::uint64_t lines = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      files.push_back({entry.path(), expect_sound(entry.path())});
      if (files.back().report.lines != 0) lines += files.back().report.lines - 1;  // line 0
    }
    EXPECT_GE(lines, files.empty() ? 0 : progress_->sealed_lines.load());
    for (const ChainReport& chain : judge_chains(files, nullptr)) {
      EXPECT_LE(chain.verdict, Verdict::kIncomplete) << chain.reasons.at(0);
    }
  }
  VerifyReport expect_sound(const std::string& file) const {
    const bool is_named = !file.ends_with(OutputFile::kSuffix);
    const auto fd = open_file(file, O_RDONLY);
    ST_CHECK(fd.has_value());
    VerifyReport report = verify(fd->get());
    EXPECT_LE(report.verdict, is_named ? Verdict::kCompleteWithLoss : Verdict::kIncomplete) << file;
    auto source = FileSource::open(fd->get());
    ST_CHECK(source.has_value());
    const UniqueFd kept(::memfd_create("kept", MFD_CLOEXEC));
    FileSink sink(kept.get());
    if (!recover_bundle(report, *source, sink)) {
      EXPECT_LE(report.lines, 1U) << file;  // line 0
      return report;
    }
    EXPECT_EQ(verify(kept.get()).lines, report.lines) << file;
    return report;
  }
  bool has_named() const {
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      if (!entry.path().string().ends_with(OutputFile::kSuffix)) return true;
    }
    return false;
  }
  void forget() {
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      std::filesystem::remove(entry.path());
    }
  }

  // Runs once for each call that a good run makes.
  void at_every_call(CallFault fault, int error, const std::function<void(int status)>& check) {
    ASSERT_EQ(run({}), 0);
    const std::uint64_t calls = progress_->calls;
    ASSERT_GT(calls, 20U);
    forget();
    for (std::uint64_t at = 1; at <= calls; ++at) {
      SCOPED_TRACE("call " + std::to_string(at));
      check(run({.at = at, .fault = fault, .error = error}));
      expect_sound();
      forget();
    }
  }

  static constexpr std::uint64_t kPartFrames = 2;

  BundleFixture fixture_;
  bool is_rotated_ = false;
  std::string folder_;
  Progress* progress_ = nullptr;
};

bool was_killed(int status) { return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL; }

TEST_F(BundleCrashTest, IsSoundWhateverCallFails) {
  int failed = 0;
  at_every_call(CallFault::kError, EIO, [&](int status) {
    EXPECT_TRUE(WIFEXITED(status)) << status;
    if (status != 0) ++failed;
  });
  EXPECT_GE(failed, 20);  // all but a reservation, which is tried again for less
}

TEST_F(BundleCrashTest, IsSoundWhateverCallFindsNoSpace) {
  int whole = 0;
  at_every_call(CallFault::kError, ENOSPC, [&](int status) {
    EXPECT_TRUE(WIFEXITED(status)) << status;
    if (status == 0) ++whole;
  });
  EXPECT_GE(whole, 1);  // a step that is too long is tried shorter
}

TEST_F(BundleCrashTest, IsSoundWhereverItIsKilled) {
  for (const CallFault fault : {CallFault::kKill, CallFault::kKillHalf}) {
    at_every_call(fault, 0, [](int status) { EXPECT_TRUE(was_killed(status)) << status; });
  }
}

TEST_F(BundleCrashTest, IsSoundInPartsWhateverCallFails) {
  is_rotated_ = true;
  for (const int error : {EIO, ENOSPC}) {
    at_every_call(CallFault::kError, error,
                  [](int status) { EXPECT_TRUE(WIFEXITED(status)) << status; });
  }
}

TEST_F(BundleCrashTest, IsSoundInPartsWhereverItIsKilled) {
  is_rotated_ = true;
  for (const CallFault fault : {CallFault::kKill, CallFault::kKillHalf}) {
    at_every_call(fault, 0, [](int status) { EXPECT_TRUE(was_killed(status)) << status; });
  }
}

// scripts/crash-test runs this a thousand times.
TEST_F(BundleCrashTest, IsSoundWheneverItIsKilled) {
  const char* wanted = std::getenv("SCOPETRACE_KILLS");
  const int kills = wanted == nullptr ? 20 : std::atoi(wanted);
  std::mt19937 random(std::random_device{}());
  for (int i = 0; i < kills; ++i) {
    const pid_t child = start(1'000'000, {});
    const std::uint64_t until = 1 + random() % 40;
    while (progress_->sealed_lines < until && ::waitpid(child, nullptr, WNOHANG) == 0) {
    }
    for (unsigned spins = random() % 200'000; spins > 0; --spins)
      std::atomic_signal_fence(std::memory_order_seq_cst);
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    EXPECT_TRUE(was_killed(wait_for(child)));
    EXPECT_FALSE(has_named());
    expect_sound();
    forget();
  }
}

TEST_F(BundleCrashTest, KeepsWholePartsOnASmallDisk) {
  is_rotated_ = true;
  if (::mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=3m") != 0) GTEST_SKIP() << "needs root";
  const int status = wait_for(start(4000, {}));

  EXPECT_EQ(WEXITSTATUS(status), 0);  // the part that was open ended out of its reserve
  EXPECT_TRUE(has_named());
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    EXPECT_EQ(entry.path().extension(), ".zst");  // nothing is left of the part that had no room
  }
  expect_sound();
  ::umount2(folder_.c_str(), MNT_DETACH);
}

TEST_F(BundleCrashTest, EndsWholeOnASmallDisk) {
  int ended_whole = 0;
  for (const char* size : {"size=128k", "size=512k", "size=768k", "size=1536k"}) {
    SCOPED_TRACE(size);
    if (::mount("tmpfs", folder_.c_str(), "tmpfs", 0, size) != 0) GTEST_SKIP() << "needs root";
    const int status = wait_for(start(4000, {}));
    EXPECT_TRUE(WIFEXITED(status));
    expect_sound();
    if (progress_->sealed_lines > 0) {
      EXPECT_EQ(WEXITSTATUS(status), 0);  // ended out of the reserve
      EXPECT_LT(progress_->sealed_lines, 4000U);
      ++ended_whole;
    }
    ::umount2(folder_.c_str(), MNT_DETACH);
  }
  EXPECT_GE(ended_whole, 2);
}

}  // namespace
}  // namespace scopetrace
