// SPDX-License-Identifier: Apache-2.0
#include "userspace/sandbox/sandbox.h"

#include <grp.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>

#include "userspace/sandbox/landlock.h"
#include "userspace/sandbox/syscall_filter.h"

namespace scopetrace {
namespace {

constexpr uid_t kNobody = 65534;  // Debian Policy 9.2.2

Status drop_bounding_set() {
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) return fail_errno("drop bounding set");
  }
  return {};
}

// Only root can change into somebody else; another user already is who they are.
Status become_nobody() {
  if (geteuid() != 0) return {};
  ST_RETURN_IF_ERROR(drop_bounding_set());
  if (setgroups(0, nullptr) != 0) return fail_errno("drop groups");
  if (setresgid(kNobody, kNobody, kNobody) != 0) return fail_errno("become group nobody");
  if (setresuid(kNobody, kNobody, kNobody) != 0) return fail_errno("become user nobody");
  return {};
}

Status drop_capabilities() {
  const cap_t none = cap_init();  // all flags cleared
  const bool dropped = none != nullptr && cap_set_proc(none) == 0;
  cap_free(none);
  return dropped ? Status() : fail_errno("drop capabilities");
}

// After become_nobody(): a change of credentials clears the parent-death signal.
Status close_process(pid_t parent) {
  const rlimit no_core{.rlim_cur = 0, .rlim_max = 0};
  if (setrlimit(RLIMIT_CORE, &no_core) != 0) return fail_errno("forbid core dumps");
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return fail_errno("forbid tracing");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno("no_new_privs");
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return fail_errno("follow parent");
  if (getppid() != parent) return fail(ErrorCode::kIo, "the parent process has gone");
  return {};
}

}  // namespace

Result<SandboxReport> enter_sandbox(int last_fd) {
  const pid_t parent = getppid();
  if (close_range(static_cast<unsigned>(last_fd) + 1, ~0U, 0) != 0) {
    return fail_errno("close descriptors");
  }
  ST_RETURN_IF_ERROR(become_nobody());
  ST_RETURN_IF_ERROR(drop_capabilities());
  ST_RETURN_IF_ERROR(close_process(parent));
  ST_ASSIGN_OR_RETURN(const std::uint32_t landlock_abi, restrict_by_landlock());
  ST_RETURN_IF_ERROR(load_syscall_filter());
  return SandboxReport{.landlock_abi = landlock_abi};
}

}  // namespace scopetrace
