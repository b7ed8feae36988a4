// SPDX-License-Identifier: Apache-2.0
// Redacts the content of one body or part by what it is.
#pragma once

#include <string>
#include <string_view>

#include "userspace/redact/body/body_options.h"
#include "userspace/redact/text/text_scanner.h"

namespace scopetrace {

struct RedactedContent {
  std::string text;
  std::string withheld;  // a fixed phrase when text is empty on purpose, else empty
};

// `content` is decoded: no framing, no content coding. `content_type` is the field's value, empty
// when not stated; it is not trusted: content that has the form of another type is read as that.
// What has no form is scanned as text when it can be read, else withheld.
RedactedContent redact_content(TextScanner& scanner, std::string_view content,
                               std::string_view content_type, BodyOptions options);

// "application/json" of "Application/JSON; charset=utf-8".
std::string media_essence(std::string_view content_type);

}  // namespace scopetrace
