// SPDX-License-Identifier: Apache-2.0
// The kernel's exact identity of a process, whatever pid namespace asks.
#pragma once

#include <cstdint>
#include <memory>

#include "bpf/event.h"
#include "userspace/base/result.h"

namespace scopetrace {

// The inode number of the initial pid namespace: PROC_PID_INIT_INO of the kernel.
inline constexpr std::uint32_t kInitialPidNamespace = 0xeffffffc;

// The pid namespace that this process counts in, as programs want it: 0 when it is the initial one,
// else the inode number of /proc/self/ns/pid.
std::uint32_t own_pid_namespace();

// Who a process is.
struct ProcessIdentity {
  std::uint32_t tgid = 0;        // in the initial pid namespace: what programs and records say
  std::uint32_t inner_tgid = 0;  // in its own pid namespace
  // Start of its thread-group leader in CLOCK_BOOTTIME nanoseconds, as programs compare it. The
  // 22nd field of /proc/TGID/stat is the same instant cut to clock ticks, too coarse to tell two
  // processes apart.
  std::uint64_t start_ns = 0;
  std::uint32_t execs = 0;  // calls of execve, low bits
  st_program program{};     // the file it executes; zero of a thread of the kernel
};

// Reads identities through iter/task. Not thread-safe.
class IdentityReader {
 public:
  // kUnsupported when this process may not load programs.
  static Result<IdentityReader> open();
  IdentityReader(IdentityReader&&) noexcept;
  IdentityReader& operator=(IdentityReader&&) noexcept;
  ~IdentityReader();

  // `own_tgid` is the number that this process sees. kNotFound when there is no such process.
  Result<ProcessIdentity> read(std::uint32_t own_tgid);

 private:
  struct State;
  explicit IdentityReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// One identity, by a reader of its own.
Result<ProcessIdentity> read_identity(std::uint32_t own_tgid);

}  // namespace scopetrace
