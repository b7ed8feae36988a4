// SPDX-License-Identifier: Apache-2.0
// The kernel's exact identity of a process.
#pragma once

#include <cstdint>

#include "userspace/base/result.h"

namespace scopetrace {

// Start time of the process's thread-group leader in CLOCK_BOOTTIME nanoseconds, as programs
// compare it: task_struct.start_boottime, read through iter/task. The 22nd field of
// /proc/TGID/stat is the same instant cut to clock ticks, too coarse to tell two processes apart.
//
// `tgid` is of the initial pid namespace. kNotFound when there is no such process;
// kUnsupported when this process may not load programs.
Result<std::uint64_t> read_start_boottime_ns(std::uint32_t tgid);

}  // namespace scopetrace
