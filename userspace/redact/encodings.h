// SPDX-License-Identifier: Apache-2.0
// Decoders that forgive what senders do: for looking inside, never for storing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace scopetrace {

// Percent-decodes; `+` becomes a blank when `form`. Broken escapes stay as they are.
std::string decode_percent(std::string_view text, bool form);
// Encodes every byte but the unreserved ones of RFC 3986 (and placeholders' brackets and colons).
std::string encode_percent(std::string_view text);
// Both alphabets of RFC 4648, padding optional, no white space. Nothing when a character is wrong.
std::optional<std::string> decode_base64(std::string_view text);
// The characters of a JSON string's inside; broken escapes stay as they are. UTF-16 escapes become
// UTF-8.
std::string unescape_json(std::string_view text);
// The inverse: quotes, backslashes and control characters escaped.
std::string escape_json(std::string_view text);

}  // namespace scopetrace
