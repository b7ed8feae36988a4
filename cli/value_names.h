// SPDX-License-Identifier: Apache-2.0
// What the value of an option is called in help and manual: `--for DURATION`, not `--for TEXT`.
#pragma once

#include "cli/command.h"

namespace scopetrace {

// Names the values of all options below `app`, by the options' long names.
void name_values(CLI::App& app);

}  // namespace scopetrace
