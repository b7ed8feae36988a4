// SPDX-License-Identifier: Apache-2.0
// Secrets that a command line feeds into a program: echo X | program, program <<< X, a heredoc; and
// the list of cloud-init's chpasswd.
#pragma once

#include <vector>

#include "userspace/redact/detect/pairs/named_values.h"
#include "userspace/redact/scan/finding.h"

namespace scopetrace {

// Looks at what is fed into the program whose name, or the option that says so, stands at `at`.
// With `has_user` it reads lines of user:password.
void take_fed(ScanText& scan, TextRange at, bool has_user, std::vector<Finding>& findings);

}  // namespace scopetrace
