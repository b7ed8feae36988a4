// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/own_process.h"

#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <type_traits>

#include "userspace/base/file.h"

namespace scopetrace {
namespace {

struct NeededCapability {
  cap_value_t value;
  const char* name;
};
constexpr std::array<NeededCapability, 4> kNeeded = {
    NeededCapability{CAP_BPF, "CAP_BPF"}, NeededCapability{CAP_PERFMON, "CAP_PERFMON"},
    NeededCapability{CAP_SYS_PTRACE, "CAP_SYS_PTRACE"},
    NeededCapability{CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH"}};

using Capabilities = std::unique_ptr<std::remove_pointer_t<cap_t>, decltype(&cap_free)>;

Capabilities read_own() { return {cap_get_proc(), &cap_free}; }

bool holds(cap_t capabilities, cap_value_t value, cap_flag_t set) {
  cap_flag_value_t flag = CAP_CLEAR;
  return cap_get_flag(capabilities, value, set, &flag) == 0 && flag == CAP_SET;
}

tl::unexpected<Error> no_set_uid(const std::string& why, const char* hint) {
  return fail(
      Error(ErrorCode::kUnsupported, "scopetrace-capture is set-uid, but " + why).with_hint(hint));
}

// A set-uid bit without effect would leave this process to its caller.
Status check_set_uid(const struct stat& program) {
  if ((program.st_mode & S_ISUID) == 0 || program.st_uid == ::geteuid()) return {};
  if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1) {
    return no_set_uid("no_new_privs is set for its caller",
                      "run it outside of the container, sandbox or service that sets it");
  }
  struct statvfs mount {};
  if (::statvfs("/proc/self/exe", &mount) == 0 && (mount.f_flag & ST_NOSUID) != 0) {
    return no_set_uid("its file system is mounted nosuid",
                      "install scopetrace on a file system without nosuid");
  }
  return no_set_uid("that had no effect", "it may be traced, or in another user namespace");
}

void reset_signals_and_timers() {
  const itimerval none{};
  for (const int timer : {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF}) {
    ::setitimer(static_cast<__itimer_which_t>(timer), &none, nullptr);
  }
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // a file size limit is an error of the write, not a death
  sigset_t empty;
  sigemptyset(&empty);
  ::sigprocmask(SIG_SETMASK, &empty, nullptr);
}

Status reset_descriptors(int last_fd) {
  ST_RETURN_IF_ERROR(fill_standard_descriptors());
  if (::close_range(static_cast<unsigned>(last_fd) + 1, ~0U, 0) != 0) {
    return fail_errno("close descriptors");
  }
  return {};
}

Status keep_needed_capabilities() {
  const Capabilities held = read_own();
  const Capabilities kept(cap_init(), &cap_free);
  if (!held || !kept) return fail_errno("read capabilities");
  for (const NeededCapability& needed : kNeeded) {
    if (!holds(held.get(), needed.value, CAP_PERMITTED)) continue;
    for (const cap_flag_t set : {CAP_PERMITTED, CAP_EFFECTIVE}) {
      cap_set_flag(kept.get(), set, 1, &needed.value, CAP_SET);
    }
  }
  if (cap_set_proc(kept.get()) != 0) return fail_errno("keep capabilities");
  return {};
}

// Changing from root into the owner would lose the file's capabilities without KEEPCAPS.
Status become_owner(uid_t owner) {
  if (owner == 0) return {};
  if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return fail_errno("keep capabilities");
  if (::setresuid(owner, owner, owner) != 0) return fail_errno("change user");
  return keep_needed_capabilities();
}

}  // namespace

Status leave_the_user(int last_fd) {
  ::clearenv();
  ST_RETURN_IF_ERROR(reset_descriptors(last_fd));
  struct stat program {};
  if (::stat("/proc/self/exe", &program) != 0) return fail_errno("own program");
  ST_RETURN_IF_ERROR(check_set_uid(program));
  ::setsid();  // fails only for a group leader, which is out of the terminal's reach already
  ST_RETURN_IF_ERROR(become_owner(::geteuid()));
  reset_signals_and_timers();
  ::umask(0077);
  if (::chdir("/") != 0) return fail_errno("change folder");
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return fail_errno("forbid core dumps");
  return {};
}

Status check_privileges(AttachKind uprobes) {
  const Capabilities held = read_own();
  const auto check = [&](cap_value_t value, const std::string& name) -> Status {
    if (held && holds(held.get(), value, CAP_EFFECTIVE)) return {};
    return fail(Error(ErrorCode::kUnsupported, "missing " + name)
                    .with_hint("run scopetrace as root, or install it with scripts/install"));
  };
  for (const NeededCapability& needed : kNeeded) {
    ST_RETURN_IF_ERROR(check(needed.value, needed.name));
  }
  if (uprobes != AttachKind::kPerf) return {};
  return check(CAP_SYS_ADMIN,
               "CAP_SYS_ADMIN, which uprobes take on this kernel (it has no uprobe_multi)");
}

}  // namespace scopetrace
