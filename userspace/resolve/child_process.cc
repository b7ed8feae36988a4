// SPDX-License-Identifier: Apache-2.0
#include "userspace/resolve/child_process.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <atomic>

#include "userspace/base/clock.h"
#include "userspace/base/unique_fd.h"

namespace scopetrace {
namespace {

constexpr int kReapMs = 200;  // what ends at all has ended by then

// Killed and not reaped; 0: free. Kept by both threads that look at files.
std::array<std::atomic<pid_t>, kMaxLingering> lingering{};

bool reap(pid_t process) { return ::waitpid(process, nullptr, WNOHANG) != 0; }

// Whether a killed process has ended in time.
bool reap_in_time(pid_t process) {
  const UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
  pollfd ended{fd.get(), POLLIN, 0};
  ::poll(&ended, 1, kReapMs);
  return reap(process);
}

}  // namespace

ChildProcess::~ChildProcess() {
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  if (reap_in_time(process_)) return;
  // Without a free place, as the other thread took the last one meanwhile, it is reaped by init
  // once this program has ended.
  for (std::atomic<pid_t>& place : lingering) {
    pid_t free = 0;
    if (place.compare_exchange_strong(free, process_)) return;
  }
}

Status check_lingering() {
  bool has_room = false;
  for (std::atomic<pid_t>& place : lingering) {
    pid_t process = place.load();
    if (process != 0 && reap(process)) place.compare_exchange_strong(process, 0);
    has_room |= place.load() == 0;
  }
  if (has_room) return {};
  return fail(ErrorCode::kLimit, "too many looks at files that never answer are under way");
}

bool wait_for_answer(int socket_fd, std::uint64_t timeout_ms) {
  const std::uint64_t deadline_ns = boottime_ns() + timeout_ms * 1'000'000;
  for (;;) {
    const std::uint64_t now_ns = boottime_ns();
    if (now_ns >= deadline_ns) return false;
    pollfd socket{socket_fd, POLLIN, 0};
    const int left_ms = static_cast<int>((deadline_ns - now_ns) / 1'000'000) + 1;
    if (::poll(&socket, 1, left_ms) > 0) return true;
  }
}

}  // namespace scopetrace
