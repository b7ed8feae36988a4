// SPDX-License-Identifier: Apache-2.0
// Bytes of traced processes on a terminal: escaped, never obeyed.
#pragma once

#include <string>
#include <string_view>

namespace scopetrace {

// Replaces control characters, bidirectional overrides, zero-width characters and broken UTF-8 by
// \xNN, one a byte. Everything else stays.
std::string escape_for_terminal(std::string_view text);

// One line of JSON for a terminal: everything but printable ASCII and the last LF becomes \uNNNN,
// which means the same to whoever parses it. Broken UTF-8 becomes \ufffd.
std::string escape_json_for_terminal(std::string_view json);

// Whether colour may be used: on a terminal, without NO_COLOR, TERM set and not dumb.
bool may_use_colour(bool is_terminal);

}  // namespace scopetrace
