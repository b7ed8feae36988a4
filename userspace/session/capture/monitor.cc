// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/monitor.h"

#include <utility>

namespace scopetrace {

SessionMonitor::SessionMonitor(MonitorLimits limits, std::uint64_t now_ns, Jitter jitter)
    : limits_(limits), jitter_(std::move(jitter)), heard_ns_(now_ns) {}

void SessionMonitor::sample_budget(std::uint64_t now_ns, std::uint64_t bytes,
                                   std::uint64_t over_budget_events) {
  if (limits_.max_bytes != 0 && bytes >= limits_.max_bytes) request_end(EndReason::kLimit);
  if (now_ns < detached_until_ns_) return;  // the links are gone: nothing to judge

  const bool over = over_budget_events > over_budget_events_;
  over_budget_events_ = over_budget_events;
  seconds_over_ = over ? seconds_over_ + 1 : 0;
  if (seconds_over_ >= kBreakerSeconds) trip(now_ns);
}

void SessionMonitor::trip(std::uint64_t now_ns) {
  seconds_over_ = 0;
  ++trips_;
  if (trips_ >= kBreakerTrips) {
    request_end(EndReason::kBreaker);
    return;
  }
  const std::uint64_t wait_ns = kBreakerBackoffNs << (2 * (trips_ - 1));
  detached_until_ns_ = now_ns + wait_ns + jitter_(wait_ns / 2);
}

void SessionMonitor::sample_backlog(std::uint64_t bytes) {
  if (bytes > kBacklogPauseBytes) backlogged_ = true;
  if (bytes < kBacklogResumeBytes) backlogged_ = false;
}

void SessionMonitor::request_end(EndReason reason) {
  if (!end_) end_ = reason;
}

Orders SessionMonitor::orders(std::uint64_t now_ns) {
  const std::uint64_t silence_ns = now_ns > heard_ns_ ? now_ns - heard_ns_ : 0;
  if (now_ns >= limits_.deadline_ns) request_end(EndReason::kLimit);
  if (silence_ns >= kSilenceEndNs) request_end(EndReason::kRedactorStalled);
  return {.paused = silence_ns >= kSilencePauseNs || backlogged_,
          .attached = now_ns >= detached_until_ns_,
          .end = end_};
}

}  // namespace scopetrace
