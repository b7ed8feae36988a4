// SPDX-License-Identifier: Apache-2.0
// Takes every right away from the process that reads hostile bytes.
#pragma once

#include <cstdint>

#include "userspace/base/result.h"

namespace scopetrace {

// What was in force after enter_sandbox(); everything that is not listed always is.
struct SandboxReport {
  std::uint32_t landlock_abi = 0;  // 0: this kernel has no Landlock, so that layer is missing
};

// Irreversibly reduces this process to computing, its open descriptors and memory files: uid and
// gid nobody when it was root, no capabilities, no_new_privs, no core dump, not traceable, killed
// with its parent, every descriptor above `last_fd` closed, empty Landlock rule set, and a system
// call allow-list whose violation kills.
//
// Call it while there is one thread, after libraries that read files on first use were used once.
// Errors: kUnsupported or kIo naming the layer; the process must then end, since it may be half
// closed. Source: seccomp(2), landlock(7), capabilities(7).
Result<SandboxReport> enter_sandbox(int last_fd);

}  // namespace scopetrace
