// SPDX-License-Identifier: Apache-2.0
// The loss counters as fields of signed text, the same in seals and final notes, and how they may
// change from one text to the next.
#pragma once

#include "userspace/bundle/frame.h"
#include "userspace/bundle/text_fields.h"

namespace scopetrace {

inline void write_losses(FieldWriter& out, const LossCounters& losses) {
  out.number("lost-kernel-events", losses.lost_kernel_events);
  out.number("lost-kernel-bytes", losses.lost_kernel_bytes);
  out.number("suppressed", losses.suppressed);
  out.number("claimed-lost-user-events", losses.claimed_lost_user_events);
  out.number("claimed-truncated-bytes", losses.claimed_truncated_bytes);
  out.number("claimed-redactions", losses.claimed_redactions);
}

inline LossCounters read_losses(FieldReader& in) {
  LossCounters losses;
  losses.lost_kernel_events = in.number("lost-kernel-events");
  losses.lost_kernel_bytes = in.number("lost-kernel-bytes");
  losses.suppressed = in.number("suppressed");
  losses.claimed_lost_user_events = in.number("claimed-lost-user-events");
  losses.claimed_truncated_bytes = in.number("claimed-truncated-bytes");
  losses.claimed_redactions = in.number("claimed-redactions");
  return losses;
}

// Whether no counter went down.
inline bool is_not_less(const LossCounters& now, const LossCounters& before) {
  return now.lost_kernel_events >= before.lost_kernel_events &&
         now.lost_kernel_bytes >= before.lost_kernel_bytes && now.suppressed >= before.suppressed &&
         now.claimed_lost_user_events >= before.claimed_lost_user_events &&
         now.claimed_truncated_bytes >= before.claimed_truncated_bytes &&
         now.claimed_redactions >= before.claimed_redactions;
}

}  // namespace scopetrace
