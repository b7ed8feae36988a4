// SPDX-License-Identifier: Apache-2.0
// Decides when a running capture pauses, detaches and ends. Pure: time and facts come in, orders
// go out, so that every rule is tested without a kernel, a clock or a process.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "userspace/base/clock.h"
#include "userspace/session/front/end_reason.h"

namespace scopetrace {

inline constexpr std::uint64_t kSilencePauseNs = 2 * kNanosecondsPerSecond;  // narrow to nothing
inline constexpr std::uint64_t kSilenceEndNs = 5 * kNanosecondsPerSecond;    // detach and kill

// The breaker trips after this many seconds in a row in which the programs hit their budget …
inline constexpr unsigned kBreakerSeconds = 3;
// … stays open for this long after the first trip, four times as long after the second …
inline constexpr std::uint64_t kBreakerBackoffNs = 2 * kNanosecondsPerSecond;
// … and ends the session at this trip.
inline constexpr unsigned kBreakerTrips = 3;

// Frames that wait for the disk: above the first mark capture pauses, below the second it resumes.
inline constexpr std::uint64_t kBacklogPauseBytes = 8 << 20;
inline constexpr std::uint64_t kBacklogResumeBytes = 2 << 20;

struct MonitorLimits {
  std::uint64_t deadline_ns = 0;  // CLOCK_BOOTTIME
  std::uint64_t max_bytes = 0;    // payload bytes the session may take from the target
};

// What has to be true now. The caller makes it so; asking twice gives the same answer.
struct Orders {
  bool paused = false;   // programs run and emit nothing
  bool attached = true;  // false: the links are destroyed, so that the target pays nothing
  std::optional<EndReason> end;
};

// Facts arrive in any order; the first reason to end stays the reason.
class SessionMonitor {
 public:
  // `jitter(n)` gives 0..n-1 and spreads re-attaching; tests give a fixed one.
  using Jitter = std::function<std::uint64_t(std::uint64_t)>;

  SessionMonitor(MonitorLimits limits, std::uint64_t now_ns, Jitter jitter);

  // Something came from the redactor.
  void hear_redactor(std::uint64_t now_ns) { heard_ns_ = now_ns; }
  // Cumulative kernel counters; called about once a second.
  void sample_budget(std::uint64_t now_ns, std::uint64_t bytes, std::uint64_t over_budget_events);
  // Bytes of frames that wait to be written.
  void sample_backlog(std::uint64_t bytes);
  void request_end(EndReason reason);

  // What holds at `now_ns`.
  Orders orders(std::uint64_t now_ns);

  unsigned breaker_trips() const { return trips_; }

 private:
  void trip(std::uint64_t now_ns);

  MonitorLimits limits_;
  Jitter jitter_;
  std::uint64_t heard_ns_;
  std::uint64_t over_budget_events_ = 0;
  std::uint64_t detached_until_ns_ = 0;
  unsigned seconds_over_ = 0;
  unsigned trips_ = 0;
  bool backlogged_ = false;
  std::optional<EndReason> end_;
};

}  // namespace scopetrace
