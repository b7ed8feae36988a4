// SPDX-License-Identifier: Apache-2.0
// Everything that can fail before a use of the approval is spent, in the order of its cost.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "userspace/session/capture/authorize.h"
#include "userspace/session/capture/group_programs.h"
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
  std::unique_ptr<TargetProbes> target;       // uses *probes
  std::unique_ptr<GroupPrograms> programs;    // of a group; else null
  std::vector<st_member_event> present;       // members of a group at the start …
  std::vector<st_member_event> not_examined;  // … and those whose files were not looked at yet
  std::unique_ptr<RedactorProcess> redactor;
};

// How scopetrace-redact is started, both as redactor and as resolver.
Result<std::string> find_redact_program();

// Loads, finds, resolves, attaches paused, checks the target again, starts the redactor and waits
// for it. Errors name the step.
Result<Prepared> prepare(Authorization allowed, const std::string& redact_program);

// Sends the redactor what it needs: configuration, rules, sources of secrets to learn.
Status configure_redactor(const Prepared& prepared, const Digest& leaf_salt,
                          const ClockPair& clocks);

// Sends what may be learned from one process: its environment, its mounted secrets.
Status send_secrets(RedactorProcess& redactor, const Authorization& allowed,
                    std::uint32_t own_tgid);

}  // namespace scopetrace
