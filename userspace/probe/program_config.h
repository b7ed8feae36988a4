// SPDX-License-Identifier: Apache-2.0
// What the programs of bpf/ are told before they are loaded: it is read-only to them from then on.
#pragma once

#include "userspace/base/result.h"
#include "userspace/probe/features.h"
#include "userspace/probe/identity.h"
#include "userspace/probe/probe_set.h"

struct scopetrace_bpf;

namespace scopetrace {

// Writes target, limits, families and the request's needles into an opened skeleton. `features` are
// those that this session uses. Fails when a request cannot be looked for.
Status configure_programs(scopetrace_bpf& skeleton, const ProbeConfig& config,
                          const FeatureReport& features, const ProcessIdentity& target);

}  // namespace scopetrace
