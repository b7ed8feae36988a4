// SPDX-License-Identifier: Apache-2.0
#include "userspace/sandbox/syscall_filter.h"

#include <fcntl.h>
#include <seccomp.h>
#include <sys/mman.h>

#include <memory>

namespace scopetrace {
namespace {

struct FreeFilter {
  void operator()(void* filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, FreeFilter>;

// Allowed with any arguments: computing, memory, time, and the descriptors that are already open.
// sysinfo: glibc's qsort asks how much memory there is, and capstone sorts. mlock: what is held
// back and what was learned must not be swapped out.
constexpr int kAllowed[] = {
    SCMP_SYS(read),         SCMP_SYS(write),         SCMP_SYS(pread64),
    SCMP_SYS(lseek),        SCMP_SYS(close),         SCMP_SYS(fstat),
    SCMP_SYS(sendmsg),      SCMP_SYS(recvmsg),       SCMP_SYS(poll),
    SCMP_SYS(ppoll),        SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),    SCMP_SYS(brk),           SCMP_SYS(munmap),
    SCMP_SYS(mremap),       SCMP_SYS(madvise),       SCMP_SYS(futex),
    SCMP_SYS(memfd_create), SCMP_SYS(ftruncate),     SCMP_SYS(fcntl),
    SCMP_SYS(getrandom),    SCMP_SYS(getpid),        SCMP_SYS(gettid),
    SCMP_SYS(tgkill),       SCMP_SYS(rt_sigreturn),  SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigaction), SCMP_SYS(sched_yield),   SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),         SCMP_SYS(exit_group),    SCMP_SYS(sysinfo),
    SCMP_SYS(mlock),
};

// A rule for calls that make memory: allowed while the protection has no PROT_EXEC.
int allow_without_exec(void* filter, int call) {
  const scmp_arg_cmp no_exec = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
  return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &no_exec);
}

// glibc implements fstat(2) by newfstatat with an empty path.
int allow_stat_of_descriptor(void* filter) {
  const scmp_arg_cmp empty_path = SCMP_A3(SCMP_CMP_EQ, AT_EMPTY_PATH, 0);
  return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1, &empty_path);
}

int add_rules(void* filter) {
  for (const int call : kAllowed) {
    if (const int error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0)) return error;
  }
  if (const int error = allow_without_exec(filter, SCMP_SYS(mmap))) return error;
  if (const int error = allow_without_exec(filter, SCMP_SYS(mprotect))) return error;
  return allow_stat_of_descriptor(filter);
}

}  // namespace

Status load_syscall_filter() {
  const Filter filter(seccomp_init(SCMP_ACT_KILL_PROCESS));
  if (!filter || add_rules(filter.get()) != 0) {
    return fail(ErrorCode::kIo, "build the system call filter");
  }
  if (const int error = seccomp_load(filter.get())) {
    return fail(Error(ErrorCode::kUnsupported, "load the system call filter: the kernel refused it",
                      -error));
  }
  return {};
}

}  // namespace scopetrace
