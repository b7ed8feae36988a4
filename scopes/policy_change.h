// SPDX-License-Identifier: Apache-2.0
// Tells the ledger which policy decided: an entry whenever policy.json is another than it was.
#pragma once

#include <string>

#include "scopes/ledger.h"
#include "scopes/policy.h"

namespace scopetrace {

// Appends `policy` with the digests of both files, unless the last such entry names this one. Call
// it before an entry that rests on the policy. Errors as Ledger::append().
Status note_policy_change(Ledger& ledger, const std::string& ledger_folder, const Policy& policy);

}  // namespace scopetrace
