// SPDX-License-Identifier: Apache-2.0
// Redacts JSON text in one pass, without building a tree.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "userspace/redact/body/body_options.h"
#include "userspace/redact/text/text_scanner.h"

namespace scopetrace {

// Names decide first, then values; strings that hold JSON are walked too, three deep. Structure and
// number texts are kept byte for byte. Nothing when the text is not JSON or nests deeper than 64:
// the caller then withholds it or treats it as text. Iterative: hostile nesting costs no stack.
std::optional<std::string> redact_json(TextScanner& scanner, std::string_view text,
                                       BodyOptions options);

}  // namespace scopetrace
