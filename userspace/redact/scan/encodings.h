// SPDX-License-Identifier: Apache-2.0
// Decoders that forgive what senders do: for looking inside, never for storing.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace scopetrace {

// Percent-decodes; `+` becomes a blank when `form`. Broken escapes stay as they are.
std::string decode_percent(std::string_view text, bool form);
// Encodes every byte but the unreserved ones of RFC 3986 (and placeholders' brackets and colons).
std::string encode_percent(std::string_view text);
namespace internal {
constexpr std::array<std::uint8_t, 256> make_base64_table() {
  std::array<std::uint8_t, 256> table{};
  for (auto& value : table) value = 255;
  for (std::uint8_t i = 0; i < 26; ++i) {
    table['A' + i] = i;
    table['a' + i] = 26 + i;
  }
  for (std::uint8_t i = 0; i < 10; ++i) table['0' + i] = 52 + i;
  table['+'] = table['-'] = 62;
  table['/'] = table['_'] = 63;
  return table;
}
inline constexpr auto kBase64Table = make_base64_table();
}  // namespace internal

// The six bits of a character of either base64 alphabet; 255 for every other character.
constexpr unsigned base64_value(char c) {
  return internal::kBase64Table[static_cast<unsigned char>(c)];
}
// Both alphabets of RFC 4648, padding optional, no white space. Nothing when a character is wrong.
std::optional<std::string> decode_base64(std::string_view text);
// The characters of a JSON string's inside; broken escapes stay as they are. UTF-16 escapes become
// UTF-8.
std::string unescape_json(std::string_view text);
// The inverse: quotes, backslashes and control characters escaped.
std::string escape_json(std::string_view text);

}  // namespace scopetrace
