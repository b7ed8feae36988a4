// SPDX-License-Identifier: Apache-2.0
// A new host key, vouched for by the old one: both sign, the ledger keeps it, and then the file
// changes. Whoever trusted the old key can follow the chain to the new one.
#pragma once

#include <string>
#include <string_view>

#include "scopes/host.h"
#include "scopes/ledger.h"
#include "scopes/ledger_reader.h"
#include "scopes/ssh_key.h"

namespace scopetrace {

inline constexpr std::string_view kRotatedEvent = "host-key-rotated";

// Replaces the host key. Each step leaves a host that works: the new key lies beside the old one,
// then the ledger has the entry, then one rename puts it in force; finish_rotation() completes what
// was interrupted after the entry. The answer is the new public key.
Result<PublicKey> rotate_host_key(const Folders& folders, const std::string& host);

// Completes a rotation that the ledger knows and the files do not yet; forgets one that it does not
// know. Call it before the host key is read.
Status finish_rotation(const Folders& folders);

// The key that an entry `host-key-rotated` hands over to, when the entry is signed by both keys and
// `current` is the old one. kTampered, kCorrupt.
Result<PublicKey> follow_rotation(const LedgerRecord& entry, const PublicKey& current);

}  // namespace scopetrace
