// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fault_calls.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

// The names are the linker's: --wrap=NAME.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" {
ssize_t __real_write(int fd, const void* bytes, std::size_t size);
int __real_fallocate(int fd, int mode, off_t offset, off_t length);
int __real_fdatasync(int fd);
int __real_fsync(int fd);
int __real_ftruncate(int fd, off_t length);
int __real_renameat2(int from_fd, const char* from, int to_fd, const char* to, unsigned flags);
}

namespace scopetrace::testing {
namespace {

std::atomic<bool> is_armed{false};
std::atomic<std::uint64_t> calls{0};
FaultPlan plan;

bool is_about_files(int fd) {
  struct stat facts {};
  return ::fstat(fd, &facts) == 0 && (S_ISREG(facts.st_mode) || S_ISDIR(facts.st_mode));
}

// What is to happen at this call.
CallFault take(int fd) {
  if (!is_armed || !is_about_files(fd)) return CallFault::kNone;
  return ++calls == plan.at ? plan.fault : CallFault::kNone;
}

[[noreturn]] void die() {
  ::kill(::getpid(), SIGKILL);
  while (true) ::pause();
}

template <class Call>
int run(int fd, Call call) {
  const CallFault fault = take(fd);
  if (fault == CallFault::kKill) die();
  if (fault == CallFault::kError) {
    errno = plan.error;
    return -1;
  }
  const int result = call();
  if (fault == CallFault::kKillHalf) die();
  return result;
}

}  // namespace

void arm_faults(const FaultPlan& wanted) {
  plan = wanted;
  calls = 0;
  is_armed = true;
}

std::uint64_t counted_calls() { return calls; }

}  // namespace scopetrace::testing

extern "C" {

ssize_t __wrap_write(int fd, const void* bytes, std::size_t size) {
  using namespace scopetrace::testing;
  const CallFault fault = take(fd);
  if (fault == CallFault::kKill) die();
  if (fault == CallFault::kError) {
    errno = plan.error;
    return -1;
  }
  const bool is_half = fault == CallFault::kKillHalf;
  const ssize_t written = __real_write(fd, bytes, is_half ? size / 2 : size);
  if (is_half) die();
  return written;
}

int __wrap_fallocate(int fd, int mode, off_t offset, off_t length) {
  return scopetrace::testing::run(fd, [&] { return __real_fallocate(fd, mode, offset, length); });
}

int __wrap_fdatasync(int fd) {
  return scopetrace::testing::run(fd, [&] { return __real_fdatasync(fd); });
}

int __wrap_fsync(int fd) {
  return scopetrace::testing::run(fd, [&] { return __real_fsync(fd); });
}

int __wrap_ftruncate(int fd, off_t length) {
  return scopetrace::testing::run(fd, [&] { return __real_ftruncate(fd, length); });
}

int __wrap_renameat2(int from_fd, const char* from, int to_fd, const char* to, unsigned flags) {
  return scopetrace::testing::run(
      from_fd, [&] { return __real_renameat2(from_fd, from, to_fd, to, flags); });
}
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
