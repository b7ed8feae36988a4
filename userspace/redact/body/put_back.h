// SPDX-License-Identifier: Apache-2.0
// Puts a redacted value back into the encoding that it was read from.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace scopetrace {

// How an encoding writes one character or byte.
struct TextEncoding {
  // Decodes what stands at `raw[at]` to the end of `out`; returns how many bytes it took, at least
  // one.
  std::size_t (*decode_one)(std::string_view raw, std::size_t at, std::string& out);
  std::string (*encode)(std::string_view text);
};

extern const TextEncoding kPercentForm;  // application/x-www-form-urlencoded
extern const TextEncoding kJsonString;   // the inside of a JSON string
extern const TextEncoding kXmlText;      // references of XML

// `redacted`, which was made of the decoded `raw`: what stands between placeholders is taken from
// `raw` byte for byte, so that text to keep looks as it was sent. Where that does not fit, all of
// it is encoded anew.
std::string put_back(const TextEncoding& encoding, std::string_view raw, std::string_view redacted);

}  // namespace scopetrace
