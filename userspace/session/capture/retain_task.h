// SPDX-License-Identifier: Apache-2.0
// `scopetrace retain`: deletes bundles by policy.
#pragma once

#include "userspace/base/result.h"
#include "userspace/session/capture/host_side.h"
#include "userspace/session/front/host_service.h"

namespace scopetrace {

// Judges every bundle of this host's folder and, unless `call.text` is `dry-run`, deletes what
// policy wants deleted, each after its entry in the ledger. The answer is a file of one JSON
// object:
//   {"folder", "dry_run", "bundles": [{"name", "files", "bytes", "written", "action", "reason"}],
//    "left_bytes"}   action: keep | delete | failed | obstructed
// kRefused unless root asks, when the clock is doubted, or when others can write to the folder.
Result<HostAnswer> retain_bundles(const HostCall& call, const HostSide& side, const Peer& peer);

}  // namespace scopetrace
