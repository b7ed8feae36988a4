// SPDX-License-Identifier: Apache-2.0
// Redacts the values of header fields, of HTTP/1 and HTTP/2 alike.
#pragma once

#include <string>
#include <string_view>

#include "userspace/redact/text/text_scanner.h"

namespace scopetrace {

// One field. `is_never_indexed`: its sender marked it so (RFC 7541 section 7.1.3).
struct FieldView {
  std::string_view name;
  std::string_view value;
  bool is_never_indexed = false;
};

// The value redacted by the grammar of its field: credentials, cookies, URLs, links, addresses;
// else by name and then by shape. A never-indexed value goes unless its field is known to be
// harmless. A value that stays is returned byte for byte.
std::string redact_field_value(TextScanner& scanner, const FieldView& field);

// Whether `name` carries credentials with a grammar of their own, also as a member of a body (a map
// of headers in JSON).
bool is_credential_field(std::string_view name, std::string_view value);

}  // namespace scopetrace
