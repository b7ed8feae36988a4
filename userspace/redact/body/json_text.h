// SPDX-License-Identifier: Apache-2.0
// JSON as it is sent: with marks before it, wrapped in a call, one object a line.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "userspace/redact/body/body_options.h"
#include "userspace/redact/text/text_scanner.h"

namespace scopetrace {

// JSON, JSON behind a byte order mark or a guard (`)]}'`, `for(;;);`), JSONP and assignments
// (`cb({…});`), JSON Lines. Of lines each may be broken: it is scanned as text then. Nothing when
// none of it is JSON.
std::optional<std::string> redact_json_text(TextScanner& scanner, std::string_view text,
                                            BodyOptions options);

}  // namespace scopetrace
