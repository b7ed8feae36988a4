// SPDX-License-Identifier: Apache-2.0
// Holds a profile's rules against the examples that they carry.
#pragma once

#include <string_view>

#include "userspace/base/result.h"
#include "userspace/redact/rules/rules.h"

namespace scopetrace {

// Each example of a rule is found by that rule, no counter example is. The parts between « and »
// are generated, always the same. `profile` is one profile, not a composed set. Errors: kCorrupt
// with `origin`, the rule's line, its class and the text as the profile has it.
Status check_rule_examples(const RuleSet& profile, std::string_view origin);

}  // namespace scopetrace
