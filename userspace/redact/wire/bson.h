// SPDX-License-Identifier: Apache-2.0
// BSON documents (bsonspec.org) as text.
#pragma once

#include <string>
#include <string_view>

namespace scopetrace {

class WireText;

// Appends `document`, which begins with its length, as relaxed JSON to `out`. Names decide first;
// binary is a length. `secret_payload`: the field "payload" is an answer of SASL. False when it is
// no document; what was written until then stays. At most 64 levels are told; no recursion.
bool redact_bson(std::string_view document, bool secret_payload, WireText& text, std::string& out);

// The name of the first field: the command of a request. Empty when there is none.
std::string_view first_bson_name(std::string_view document);

}  // namespace scopetrace
