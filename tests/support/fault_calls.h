// SPDX-License-Identifier: Apache-2.0
// Makes a chosen call to the file system fail, or kills the process there. For programs that are
// linked with the options of unit_bundle_crash (tests/unit/session/CMakeLists.txt), which lead
// every such call of our own code here.
#pragma once

#include <cstdint>

namespace scopetrace::testing {

enum class CallFault {
  kNone,      // calls are only counted
  kError,     // fails with the errno, nothing happens
  kKill,      // SIGKILL in place of the call
  kKillHalf,  // a write writes its first half, then SIGKILL; other calls happen whole before it
};

struct FaultPlan {
  std::uint64_t at = 0;  // which call, from 1; 0: none
  CallFault fault = CallFault::kNone;
  int error = 0;
};

// Counts from now on the calls write, fallocate, fdatasync, fsync, ftruncate and renameat2 that are
// about a regular file or a folder, of all threads together.
void arm_faults(const FaultPlan& plan);
std::uint64_t counted_calls();

}  // namespace scopetrace::testing
