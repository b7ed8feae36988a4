// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/tally.h"

namespace scopetrace {

void Tally::take(const DoneMessage& done) {
  claimed = done.claimed;
  stats = done.stats;
  claimed_redactions = {done.redactions_by_class.begin(), done.redactions_by_class.end()};
}

void Tally::give_up() {
  const std::uint64_t sent = kernel[ST_COUNT_EVENTS];
  if (sent > stats.records) claimed.lost_user_events += sent - stats.records;
}

LossCounters losses_of(const Tally& tally) {
  const ProbeCounters& kernel = tally.kernel;
  return {.lost_kernel_events = kernel[ST_COUNT_LOST_RING_EVENTS] +
                                kernel[ST_COUNT_LOST_BUDGET_EVENTS] +
                                kernel[ST_COUNT_LOST_STATE_EVENTS],
          .lost_kernel_bytes = kernel[ST_COUNT_LOST_RING_BYTES] +
                               kernel[ST_COUNT_LOST_BUDGET_BYTES] +
                               kernel[ST_COUNT_LOST_FAULT_BYTES] + kernel[ST_COUNT_TRUNCATED_BYTES],
          .suppressed = kernel[ST_COUNT_SUPPRESSED_DEADLINE] + kernel[ST_COUNT_SUPPRESSED_SCOPE],
          .claimed_lost_user_events = tally.claimed.lost_user_events,
          .claimed_truncated_bytes = tally.claimed.truncated_bytes,
          .claimed_redactions = tally.claimed.redactions};
}

std::uint64_t lost_events_of(const Tally& tally) {
  const LossCounters losses = losses_of(tally);
  return losses.lost_kernel_events + losses.claimed_lost_user_events;
}

std::map<std::string, std::uint64_t> counts_of(const Tally& tally) {
  const ProbeCounters& kernel = tally.kernel;
  return {{"events", kernel[ST_COUNT_EVENTS]},
          {"payload_bytes", kernel[ST_COUNT_BYTES]},
          {"lost_ring_events", kernel[ST_COUNT_LOST_RING_EVENTS]},
          {"lost_budget_events", kernel[ST_COUNT_LOST_BUDGET_EVENTS]},
          {"lost_state_events", kernel[ST_COUNT_LOST_STATE_EVENTS]},
          {"lost_fault_bytes", kernel[ST_COUNT_LOST_FAULT_BYTES]},
          {"truncated_bytes", kernel[ST_COUNT_TRUNCATED_BYTES]},
          {"suppressed_deadline", kernel[ST_COUNT_SUPPRESSED_DEADLINE]},
          {"suppressed_scope", kernel[ST_COUNT_SUPPRESSED_SCOPE]},
          {"log_bytes", kernel[ST_COUNT_LOG_BYTES]},
          {"unreadable_bytes", kernel[ST_COUNT_UNREADABLE_BYTES]},
          {"undecided_bytes", kernel[ST_COUNT_UNDECIDED_BYTES]},
          {"blind_io_uring_bytes", kernel[ST_COUNT_IO_URING_BYTES]},
          {"blind_io_uring_calls", kernel[ST_COUNT_IO_URING_CALLS]},
          {"handshake_bytes", kernel[ST_COUNT_HANDSHAKE_BYTES]},
          {"dns_bytes", kernel[ST_COUNT_DNS_BYTES]},
          {"claimed_foreign_connections", tally.stats.foreign_connections},
          {"claimed_disagreeing_connections", tally.stats.mixed_connections},
          {"claimed_dropped_messages", tally.stats.dropped_messages},
          {"claimed_withheld_bodies", tally.stats.withheld_bodies},
          {"claimed_leak_guard_hits", tally.stats.leak_guard_hits}};
}

}  // namespace scopetrace
