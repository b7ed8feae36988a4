// SPDX-License-Identifier: Apache-2.0
// What a reviewer could regret about an approval.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scopes/approval.h"

namespace scopetrace {

struct Risk {
  std::string_view name;  // stable, for scripts: `any-third-party`, `bodies`, …
  std::string text;       // one line
};

// Every risk of the text, the gravest first. `are_facts_proved`: a host block was verified here.
std::vector<Risk> find_risks(const Approval& approval, bool are_facts_proved);

}  // namespace scopetrace
