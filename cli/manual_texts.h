// SPDX-License-Identifier: Apache-2.0
// What the manual says of a command beyond its options.
#pragma once

#include <string_view>

namespace scopetrace {

// Paragraphs of plain text, an empty line between two; empty for a command that has none. The
// program's own are under its name.
std::string_view manual_text(std::string_view command);

}  // namespace scopetrace
