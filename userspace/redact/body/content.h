// SPDX-License-Identifier: Apache-2.0
// Redacts the content of one body or part by what it is.
#pragma once

#include <string>
#include <string_view>

#include "userspace/redact/body/body_options.h"
#include "userspace/redact/text/text_scanner.h"

namespace scopetrace {

// What the fields say about a content. Not trusted: content that has the form of another type is
// read as that.
struct ContentInfo {
  std::string_view type;           // Content-Type, with its parameters; empty when not stated
  std::string_view grpc_encoding;  // of compressed frames; empty when not stated
};

struct RedactedContent {
  std::string text;
  std::string withheld;  // a fixed phrase when text is empty on purpose, else empty
};

// `content` is decoded: no framing, no content coding (one without a field is found by its magic).
// What has no known form is scanned as text when it can be read, else withheld. As a shape it is
// structure and types, never a value; what has no structure is withheld.
RedactedContent redact_content(TextScanner& scanner, std::string_view content,
                               const ContentInfo& info, BodyOptions options);

// "application/json" of "Application/JSON; charset=utf-8".
std::string media_essence(std::string_view content_type);
// The value of a parameter (`name=x`, `name="x"`) of a field, whatever its case; empty for none.
std::string_view parameter_of(std::string_view field, std::string_view name);

}  // namespace scopetrace
