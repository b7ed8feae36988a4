// SPDX-License-Identifier: Apache-2.0
// Everything that can fail before a use of the approval is spent, in the order of its cost.
#pragma once

#include <memory>
#include <string>

#include "userspace/session/capture/authorize.h"
#include "userspace/session/capture/redactor.h"
#include "userspace/session/capture/target_probes.h"

namespace scopetrace {

// A session that could start at once: probes are in place and paused, the redactor is ready.
// Destroying it removes all of it.
struct Prepared {
  Authorization allowed;
  std::uint64_t started_ns = 0;   // CLOCK_BOOTTIME, when the request came
  std::uint64_t deadline_ns = 0;  // as compiled into the programs
  std::unique_ptr<ProbeSet> probes;
  std::unique_ptr<TargetProbes> target;  // uses *probes
  std::unique_ptr<RedactorProcess> redactor;
};

// How scopetrace-redact is started, both as redactor and as resolver.
Result<std::string> find_redact_program();

// Loads, finds, resolves, attaches paused, checks the target again, starts the redactor and waits
// for it. Errors name the step.
Result<Prepared> prepare(Authorization allowed, const std::string& redact_program);

// Sends the redactor what it needs: configuration, rules, sources of secrets to learn.
Status configure_redactor(RedactorProcess& redactor, const Authorization& allowed,
                          const Digest& leaf_salt, const ClockPair& clocks);

}  // namespace scopetrace
