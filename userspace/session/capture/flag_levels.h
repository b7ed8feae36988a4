// SPDX-License-Identifier: Apache-2.0
// Capture flags as orders for the redactor, and as facts for bundle and ledger.
#pragma once

#include <cstdint>
#include <vector>

#include "scopes/flags.h"
#include "scopes/ledger.h"
#include "userspace/bundle/own_lines.h"
#include "userspace/session/channel.h"

namespace scopetrace {

// What to tell a redactor that knows `before` so that it obeys `now`. Empty when nothing changes.
// A cap that no longer holds is taken back to the approval's level.
std::vector<LevelMessage> level_messages(const CaptureFlags& before, const CaptureFlags& now);

FlagState flag_state(const CaptureFlags& flags, std::uint64_t realtime_ns);

// Entry `flags` of the ledger.
LedgerEntry make_flags_entry(const std::string& session, const FlagState& flags);

}  // namespace scopetrace
