// SPDX-License-Identifier: Apache-2.0
// Processes of ours that look at the target's files: a file of the target's may never answer.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <utility>

#include "userspace/base/result.h"

namespace scopetrace {

// Killed processes that have not ended yet; with more of them no other is started.
inline constexpr std::size_t kMaxLingering = 16;

// A process of ours that is killed and reaped when it goes out of scope. One that waits for a file
// system that does not answer cannot be killed (a request that a FUSE server has read): after a
// moment it is left behind and reaped by a later check_lingering(). Move-only.
class ChildProcess {
 public:
  ChildProcess() = default;
  explicit ChildProcess(pid_t process) : process_(process) {}
  ChildProcess(ChildProcess&& other) noexcept : process_(std::exchange(other.process_, -1)) {}
  ChildProcess& operator=(ChildProcess&& other) noexcept {
    std::swap(process_, other.process_);
    return *this;
  }
  ~ChildProcess();

  explicit operator bool() const { return process_ > 0; }

 private:
  pid_t process_ = -1;
};

// Whether another process may be started: kLimit while kMaxLingering linger. Any thread.
Status check_lingering();

// Waits until the socket has something to say or its other end is closed. False: the time is over.
bool wait_for_answer(int socket_fd, std::uint64_t timeout_ms);

}  // namespace scopetrace
