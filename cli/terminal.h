// SPDX-License-Identifier: Apache-2.0
// Bytes of traced processes on a terminal: escaped, never obeyed.
#pragma once

#include <string>
#include <string_view>

namespace scopetrace {

// Replaces control characters, bidirectional overrides, zero-width characters and broken UTF-8 by
// \xNN, one a byte. Everything else stays.
std::string escape_for_terminal(std::string_view text);

// Whether colour may be used: on a terminal, without NO_COLOR, TERM set and not dumb.
bool may_use_colour(bool is_terminal);

}  // namespace scopetrace
