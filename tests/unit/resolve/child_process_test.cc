// SPDX-License-Identifier: Apache-2.0
#include "userspace/resolve/child_process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <vector>

#include "userspace/resolve/libraries.h"

namespace scopetrace {
namespace {

// Traces what it is told of. A parent cannot reap a child that another process traces, not even
// after SIGKILL, until that process ends: source ptrace(2) and wait(2). To the code under test it
// is a process that cannot be killed.
class Keeper {
 public:
  Keeper() {
    if (::pipe(to_.data()) != 0 || ::pipe(from_.data()) != 0) ADD_FAILURE() << "no pipe";
    process_ = ::fork();
    if (process_ == 0) serve();
    ::close(to_[0]);
    ::close(from_[1]);
  }
  ~Keeper() { let_go(); }
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  // Whether it traces the process now.
  bool keep(pid_t process) const {
    bool is_kept = false;
    return ::write(to_[1], &process, sizeof(process)) == sizeof(process) &&
           ::read(from_[0], &is_kept, sizeof(is_kept)) == sizeof(is_kept) && is_kept;
  }

  // Ends; its processes can be reaped.
  void let_go() {
    if (process_ <= 0) return;
    ::close(to_[1]);
    ::close(from_[0]);
    ::waitpid(process_, nullptr, 0);
    process_ = 0;
  }

 private:
  [[noreturn]] void serve() const {
    ::close(to_[1]);
    pid_t process = 0;
    while (::read(to_[0], &process, sizeof(process)) == sizeof(process)) {
      const bool is_kept = ::ptrace(PTRACE_SEIZE, process, nullptr, nullptr) == 0;
      if (::write(from_[1], &is_kept, sizeof(is_kept)) != sizeof(is_kept)) break;
    }
    ::_exit(0);
  }

  std::array<int, 2> to_{-1, -1};
  std::array<int, 2> from_{-1, -1};
  pid_t process_ = 0;
};

// A child that waits for ever and lets anybody trace it.
pid_t start_waiting() {
  std::array<int, 2> ready{-1, -1};
  if (::pipe(ready.data()) != 0) return -1;
  const pid_t process = ::fork();
  if (process == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
    ::close(ready[0]);
    ::close(ready[1]);
    for (;;) ::pause();
  }
  ::close(ready[1]);
  char nothing = 0;
  EXPECT_EQ(::read(ready[0], &nothing, 1), 0);
  ::close(ready[0]);
  return process;
}

TEST(ChildProcessTest, StartsNoMoreWhileTooManyCannotBeKilled) {
  Keeper keeper;
  std::vector<pid_t> started;
  for (std::size_t i = 0; i <= kMaxLingering; ++i) {
    ASSERT_EQ(check_lingering().has_value(), i < kMaxLingering) << i;
    started.push_back(start_waiting());
    if (!keeper.keep(started.back())) {
      const ChildProcess killed(started.back());
      GTEST_SKIP() << "this process may not be traced";
    }
    const ChildProcess killed(started.back());
  }

  const Status refused = check_lingering();
  const auto found = find_tls_files(static_cast<std::uint32_t>(::getpid()));

  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code(), ErrorCode::kLimit);
  ASSERT_TRUE(found.has_value());
  ASSERT_FALSE(found->problems.empty());
  for (const TlsProblem& problem : found->problems) {
    EXPECT_EQ(problem.reason, refused.error().message()) << problem.name;
  }

  keeper.let_go();
  EXPECT_TRUE(check_lingering().has_value());
  const pid_t without_place = started.back();
  started.pop_back();
  for (const pid_t process : started) EXPECT_EQ(::waitpid(process, nullptr, WNOHANG), -1);
  EXPECT_EQ(::waitpid(without_place, nullptr, 0), without_place);  // only our end would reap it
}

TEST(ChildProcessTest, LeavesNothingOfAProcessThatEnds) {
  const pid_t process = start_waiting();
  { const ChildProcess killed(process); }
  EXPECT_EQ(::waitpid(process, nullptr, WNOHANG), -1);
}

}  // namespace
}  // namespace scopetrace
