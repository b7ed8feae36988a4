// SPDX-License-Identifier: Apache-2.0
// The numbers of a session: the kernel's facts and the redactor's claims, kept apart.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "userspace/bundle/frame.h"
#include "userspace/probe/probe_set.h"
#include "userspace/session/channel.h"

namespace scopetrace {

struct Tally {
  ProbeCounters kernel;     // read by capture from its own maps
  ClaimedCounters claimed;  // said by the redactor, as are the next two
  StatsMessage stats;
  std::map<std::string, std::uint64_t> claimed_redactions;  // per class

  // Keeps what a DONE says; the classes are bounded and checked by the channel.
  void take(const DoneMessage& done);
  // There was no DONE: every record that the redactor had not said to have read counts as lost.
  void give_up();
};

// As seals state them.
LossCounters losses_of(const Tally& tally);
// Everything lost on the way, for a person who watches.
std::uint64_t lost_events_of(const Tally& tally);
// Capture's own counters by name, for the summary line.
std::map<std::string, std::uint64_t> counts_of(const Tally& tally);

}  // namespace scopetrace
