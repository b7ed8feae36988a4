// SPDX-License-Identifier: Apache-2.0
// Redacts name=value pairs: form bodies, queries, fragments.
#pragma once

#include <string>
#include <string_view>

#include "userspace/redact/body/body_options.h"
#include "userspace/redact/text/text_scanner.h"

namespace scopetrace {

// Pairs between `&` (or `;` where no `&` is), percent-encoded (application/x-www-form-urlencoded).
// Names decide first; values may hold JSON or URLs. What is not redacted stays byte for byte. As a
// shape each value is a type. Sightings are told below the scanner's place.
std::string redact_form(TextScanner& scanner, std::string_view form, BodyOptions options);

// Whether `text` is nothing but such pairs.
bool looks_like_form(std::string_view text);

// The name of a text's type at level shape.
std::string_view type_of(std::string_view value);

}  // namespace scopetrace
