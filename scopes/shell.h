// SPDX-License-Identifier: Apache-2.0
// Commands that a person is told to type.
#pragma once

#include <string>
#include <string_view>

namespace scopetrace {

// One argument as a shell reads it back: as it is when nothing in it means anything to a shell.
std::string quote_for_shell(std::string_view argument);

}  // namespace scopetrace
