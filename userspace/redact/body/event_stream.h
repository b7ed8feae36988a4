// SPDX-License-Identifier: Apache-2.0
// Redacts server-sent events (text/event-stream, HTML standard section 9.2).
#pragma once

#include <string>
#include <string_view>

#include "userspace/redact/body/body_options.h"
#include "userspace/redact/text/text_scanner.h"

namespace scopetrace {

// The data lines of one event are one content, redacted by its form; `event`, `id` and `retry` stay
// but for what gives itself away. Line ends, comments and unknown fields stay as they are. As a
// shape the values become types.
std::string redact_event_stream(TextScanner& scanner, std::string_view text, BodyOptions options);

// Whether `text` begins like an event stream.
bool looks_like_event_stream(std::string_view text);

}  // namespace scopetrace
