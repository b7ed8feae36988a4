// SPDX-License-Identifier: Apache-2.0
// The system calls that a process which reads hostile bytes may make.
#pragma once

#include "userspace/base/result.h"

namespace scopetrace {

// Loads the allow-list for this process; every other call, and memory that is to be executable,
// kills it. Needs no_new_privs. Errors: kUnsupported when the kernel has no seccomp filters.
Status load_syscall_filter();

}  // namespace scopetrace
