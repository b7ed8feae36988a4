// SPDX-License-Identifier: Apache-2.0
// Redacts URLs of every form: request targets, Location, Referer, links in bodies.
#pragma once

#include <string>
#include <string_view>

#include "userspace/redact/body/body_options.h"
#include "userspace/redact/text/text_scanner.h"

namespace scopetrace {

// Scheme, host, port, path and the names of the query stay; redacted are the password of user
// information, path segments with the shape of a secret or behind a word that announces one
// ("/reset/…"), and query and fragment by their names. Absolute, authority, path and query forms.
std::string redact_url(TextScanner& scanner, std::string_view url, BodyOptions options = {});

}  // namespace scopetrace
