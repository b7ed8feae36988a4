// SPDX-License-Identifier: Apache-2.0
// What the bundle and the ledger state about a session.
#pragma once

#include <string>

#include "scopes/ledger.h"
#include "userspace/bundle/own_lines.h"
#include "userspace/bundle/writer.h"
#include "userspace/session/capture/preflight.h"
#include "userspace/session/capture/running.h"

namespace scopetrace {

// What a session knows of itself when it starts.
struct SessionStart {
  std::string id;
  ClockPair clocks;
  std::optional<FlagState> flags;  // when there are any
};

// Line 0.
SessionRecord make_session_record(const Prepared& prepared, const SessionStart& start);

// Everything that the first frames of a part need but its place among parts; `head` is the
// ledger's, with this attach in it.
BundleStart make_bundle_start(const Authorization& allowed, const SessionRecord& session,
                              const std::string& approval, const LedgerHead& head);

// Who approved, with the fingerprints of their keys; printable, empty when nobody had to.
std::string list_approvers(const Quorum& quorum);

// Entries of the ledger. Values are printable ASCII whatever came in.
LedgerEntry make_attach_entry(const Authorization& allowed, const std::string& session,
                              std::uint32_t asked_by_uid);
LedgerEntry make_detach_entry(const Authorization& allowed, const std::string& session,
                              std::string_view reason, const CaptureStatus& last,
                              std::uint64_t claimed_redactions);
LedgerEntry make_seal_head_entry(const std::string& session, const SealHead& head);
LedgerEntry make_refuse_entry(const CaptureRequest& request, const Error& error,
                              std::uint32_t asked_by_uid);

// What a person should know before trusting the absence of something, one sentence each.
std::vector<std::string> coverage_notes(const Prepared& prepared);

}  // namespace scopetrace
