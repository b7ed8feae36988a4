// SPDX-License-Identifier: Apache-2.0
// What code of an attacker could do within scopetrace-redact: the real program is started, followed
// until its system call filter is loaded, and its next call replaced by another one.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <tuple>

#include "userspace/base/file.h"
#include "userspace/session/channel_io.h"

namespace scopetrace {
namespace {

constexpr int kInputFd = 3;
constexpr int kChannelFd = 4;
constexpr int kFirstFreeFd = 10;

enum class Mode { kSession, kResolver };

struct Call {
  const char* name;
  long number;
  unsigned long long third = 0;  // argument
};

UniqueFd make_ring() {
  bpf_attr attributes{};
  attributes.map_type = BPF_MAP_TYPE_RINGBUF;
  attributes.max_entries = 1U << 16;
  return UniqueFd(
      static_cast<int>(::syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof(attributes))));
}

// What each mode works on.
UniqueFd open_input(Mode mode) {
  if (mode == Mode::kSession) return make_ring();
  return open_file("/lib64/ld-linux-x86-64.so.2", O_RDONLY).value();
}

[[noreturn]] void become_redactor(Mode mode, int input, int channel) {
  const int input_copy = ::fcntl(input, F_DUPFD, kFirstFreeFd);
  const int channel_copy = ::fcntl(channel, F_DUPFD, kFirstFreeFd);
  ::dup2(input_copy, kInputFd);
  ::dup2(channel_copy, kChannelFd);
  ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
  const char* const program = SCOPETRACE_TEST_BIN "/scopetrace-redact";
  ::execl(program, program, mode == Mode::kResolver ? "--resolve" : nullptr, nullptr);
  ::_exit(127);
}

// One redactor, stopped at each of its system calls.
class TracedRedactor {
 public:
  explicit TracedRedactor(Mode mode) {
    auto ends = make_channel().value();
    channel_ = std::move(ends.first);
    const UniqueFd input = open_input(mode);
    tgid_ = ::fork();
    if (tgid_ == 0) become_redactor(mode, input.get(), ends.second.get());
    wait();  // stops at its execve
    ::ptrace(PTRACE_SETOPTIONS, tgid_, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
  }
  ~TracedRedactor() {
    if (is_stopped()) ::kill(tgid_, SIGKILL);
    while (is_stopped()) wait();
  }

  // Goes on to the next entry into, or return from, a system call.
  bool step() {
    ::ptrace(PTRACE_SYSCALL, tgid_, nullptr, nullptr);
    wait();
    return is_stopped();
  }

  // Returns from the call it is in; a process that is killed there ends at the latest then.
  void leave_call() {
    if (step()) step();
  }

  // Up to the first call after the filter was loaded. False when it ended before.
  bool enter_filtered_call() {
    while (step()) {
      const user_regs_struct entry = registers();
      if (!step()) return false;
      const bool is_load = entry.orig_rax == SYS_seccomp && entry.rdi == SECCOMP_SET_MODE_FILTER;
      if (is_load && registers().rax == 0) return step();
    }
    return false;
  }

  // Makes another call of the one it is about to make.
  void replace_call(const Call& call) {
    user_regs_struct changed = registers();
    changed.orig_rax = static_cast<unsigned long long>(call.number);
    changed.rdx = call.third;
    ::ptrace(PTRACE_SETREGS, tgid_, nullptr, &changed);
  }

  user_regs_struct registers() const {
    user_regs_struct all{};
    ::ptrace(PTRACE_GETREGS, tgid_, nullptr, &all);
    return all;
  }
  bool is_stopped() const { return WIFSTOPPED(status_); }
  int status() const { return status_; }
  pid_t tgid() const { return tgid_; }

 private:
  void wait() {
    if (::waitpid(tgid_, &status_, 0) != tgid_) status_ = 0;
  }

  pid_t tgid_ = -1;
  int status_ = 0;
  UniqueFd channel_;
};

constexpr Call kForbidden[] = {
    {"execve", SYS_execve},
    {"execveat", SYS_execveat},
    {"open", SYS_open},
    {"openat", SYS_openat},
    {"openat2", SYS_openat2},
    {"socket", SYS_socket},
    {"connect", SYS_connect},
    {"fork", SYS_fork},
    {"clone", SYS_clone},
    {"clone3", SYS_clone3},
    {"ptrace", SYS_ptrace},
    {"kill", SYS_kill},
    {"process_vm_readv", SYS_process_vm_readv},
    {"pidfd_getfd", SYS_pidfd_getfd},
    {"bpf", SYS_bpf},
    {"perf_event_open", SYS_perf_event_open},
    {"io_uring_setup", SYS_io_uring_setup},
    {"mount", SYS_mount},
    {"unshare", SYS_unshare},
    {"setns", SYS_setns},
    {"setuid", SYS_setuid},
    {"prctl", SYS_prctl},
    {"keyctl", SYS_keyctl},
    {"userfaultfd", SYS_userfaultfd},
    {"executable_mmap", SYS_mmap, PROT_READ | PROT_EXEC},
    {"executable_mprotect", SYS_mprotect, PROT_READ | PROT_EXEC},
};

class TakenOverTest : public testing::TestWithParam<std::tuple<Mode, Call>> {};

TEST_P(TakenOverTest, IsKilled) {
  TracedRedactor redactor(std::get<Mode>(GetParam()));
  ASSERT_TRUE(redactor.enter_filtered_call()) << "ended with status " << redactor.status();

  redactor.replace_call(std::get<Call>(GetParam()));
  redactor.leave_call();

  ASSERT_TRUE(WIFSIGNALED(redactor.status())) << "wait status " << redactor.status();
  EXPECT_EQ(WTERMSIG(redactor.status()), SIGSYS);
}

INSTANTIATE_TEST_SUITE_P(Calls, TakenOverTest,
                         testing::Combine(testing::Values(Mode::kSession, Mode::kResolver),
                                          testing::ValuesIn(kForbidden)),
                         [](const auto& row) {
                           const Mode mode = std::get<Mode>(row.param);
                           return std::string(mode == Mode::kSession ? "session_" : "resolver_") +
                                  std::get<Call>(row.param).name;
                         });

// That a call was replaced is no reason to be killed.
TEST(ReplacedCallTest, MayStillAskItsOwnNumber) {
  for (const Mode mode : {Mode::kSession, Mode::kResolver}) {
    TracedRedactor redactor(mode);
    ASSERT_TRUE(redactor.enter_filtered_call());

    redactor.replace_call({"getpid", SYS_getpid});

    ASSERT_TRUE(redactor.step());
    EXPECT_EQ(redactor.registers().rax, static_cast<unsigned long long>(redactor.tgid()));
  }
}

}  // namespace
}  // namespace scopetrace
