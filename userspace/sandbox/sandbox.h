// SPDX-License-Identifier: Apache-2.0
// Gives up everything a process does not need, for good. One call, before any hostile byte is read.
#pragma once

#include <span>

#include "userspace/base/result.h"

namespace scopetrace {

struct SandboxOptions {
  std::span<const int> kept_fds;  // all other descriptors above 2 are closed; at most 16
  bool die_with_parent = true;    // SIGKILL when the thread that started this process ends
};

// What of the sandbox this kernel could give.
struct SandboxReport {
  int landlock_abi = 0;       // 0: no Landlock; the other layers still hold
  bool changed_user = false;  // was root, is nobody now
};

// Enters the sandbox: nobody when root (groups dropped), no capabilities, empty bounding set,
// no_new_privs, no core dump, not dumpable, descriptors closed, empty Landlock rule set, and a
// seccomp allow list that kills. Afterwards no file, socket, process or executable mapping can be
// made; reading, writing and mapping what is already open, memory, time and threads still work.
// Single-threaded callers only. Errors: kIo for any layer but Landlock; the process must then end.
Result<SandboxReport> enter_sandbox(const SandboxOptions& options);

}  // namespace scopetrace
