// SPDX-License-Identifier: Apache-2.0
// The rule set that an approval's presets stand for on this host.
#pragma once

#include <string>
#include <vector>

#include "scopes/host.h"
#include "userspace/base/result.h"
#include "userspace/redact/rules/rules.h"

namespace scopetrace {

// Built-in profiles come from the program, others from /etc/scopetrace/profiles/NAME.json, which
// only root may be able to change (check_trust_path). The caller has checked the presets' form.
// Errors: kRefused and kNotFound for such a file, kCorrupt for a bad rule in it.
Result<RuleSet> read_host_rules(const std::vector<std::string>& presets, const Folders& folders);

}  // namespace scopetrace
