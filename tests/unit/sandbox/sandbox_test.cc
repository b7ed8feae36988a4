// SPDX-License-Identifier: Apache-2.0
// Each case runs in a child: what a sandboxed process tries, and how it ends.
#include "userspace/sandbox/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "userspace/base/bytes.h"

namespace scopetrace {
namespace {

constexpr int kEntered = 40;  // exit status of a child that came through

// Runs `attempt` in a sandboxed child; its wait(2) status.
int status_of(int (*attempt)()) {
  const pid_t child = fork();
  if (child == 0) {
    if (!enter_sandbox(STDERR_FILENO)) _exit(1);
    _exit(attempt());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

struct Forbidden {
  const char* name;
  int (*attempt)();
};

class ForbiddenTest : public testing::TestWithParam<Forbidden> {};

TEST_P(ForbiddenTest, KillsTheProcess) {
  const int status = status_of(GetParam().attempt);

  ASSERT_TRUE(WIFSIGNALED(status)) << "exit status " << WEXITSTATUS(status);
  EXPECT_EQ(WTERMSIG(status), SIGSYS);
}

INSTANTIATE_TEST_SUITE_P(
    Calls, ForbiddenTest,
    testing::Values(Forbidden{"OpenFile", [] { return open("/etc/hostname", O_RDONLY); }},
                    Forbidden{"Socket", [] { return socket(AF_INET, SOCK_STREAM, 0); }},
                    Forbidden{"UnixSocket", [] { return socket(AF_UNIX, SOCK_STREAM, 0); }},
                    Forbidden{"Fork", [] { return static_cast<int>(fork()); }},
                    Forbidden{"Exec", [] { return execl("/bin/true", "true", nullptr); }},
                    Forbidden{"Trace",
                              [] { return static_cast<int>(ptrace(PTRACE_ATTACH, 1, 0, 0)); }},
                    Forbidden{"Signal", [] { return kill(1, 0); }},
                    Forbidden{"ExecutableMemory",
                              [] {
                                const void* at = mmap(nullptr, 4096, PROT_READ | PROT_EXEC,
                                                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                                return at == MAP_FAILED ? 1 : 0;
                              }},
                    Forbidden{"UndoDumpable", [] { return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); }}),
    [](const auto& row) { return row.param.name; });

TEST(SandboxTest, LetsTheProcessComputeAndMakeSealedMemory) {
  const int status = status_of([] {
    const int fd = memfd_create("test", MFD_ALLOW_SEALING);
    char* memory = new char[8 << 20];
    memory[1] = 'x';
    const bool written = write(fd, memory, 4096) == 4096;
    delete[] memory;
    return written && fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == 0 ? kEntered : 1;
  });

  ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), kEntered);
}

TEST(SandboxTest, ClosesDescriptorsAboveTheLastOne) {
  const int open_fd = open("/dev/null", O_RDONLY);
  ASSERT_GT(open_fd, STDERR_FILENO);
  const int status = status_of([] {
    for (int fd = STDERR_FILENO + 1; fd < 64; ++fd) {
      if (fcntl(fd, F_GETFD) != -1) return 1;
    }
    return kEntered;
  });
  close(open_fd);

  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), kEntered);
}

// What the outside sees of a sandboxed child that waits.
TEST(SandboxTest, IsNobodyWithoutCapabilitiesAndUnderAFilter) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  dup2(ready[1], STDIN_FILENO);  // survives: below the last descriptor
  const pid_t child = fork();
  if (child == 0) {
    if (!enter_sandbox(STDERR_FILENO)) _exit(1);
    if (write(STDIN_FILENO, "r", 1) != 1) _exit(1);
    while (true) poll(nullptr, 0, -1);
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  char text[8192] = {};
  const int status_fd =
      open(("/proc/" + std::to_string(child) + "/status").c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GT(read(status_fd, text, sizeof(text) - 1), 0);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  close(status_fd);

  const std::string status(text);
  EXPECT_NE(status.find("NoNewPrivs:\t1"), std::string::npos);
  EXPECT_NE(status.find("Seccomp:\t2"), std::string::npos);
  EXPECT_NE(status.find("CapEff:\t0000000000000000"), std::string::npos);
  if (geteuid() == 0) {
    EXPECT_NE(status.find("Uid:\t65534\t65534\t65534\t65534"), std::string::npos);
    EXPECT_NE(status.find("CapBnd:\t0000000000000000"), std::string::npos);
  }
}

}  // namespace
}  // namespace scopetrace
