// SPDX-License-Identifier: Apache-2.0
// Encodings of MIME parts (RFC 2045 section 6), and the mark of what is withheld.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace scopetrace {

// What `content` stands for under a Content-Transfer-Encoding of base64 or quoted-printable.
// Nothing for every other encoding, and for base64 that is none.
std::optional<std::string> decode_transfer(std::string_view encoding, std::string_view content);

// `[WITHHELD:<bytes>:<reason>]`, the reason's blanks as dashes: stands for content that is not
// there.
std::string withheld_mark(std::uint64_t size_bytes, std::string_view reason);

std::string binary_mark(std::uint64_t size_bytes);  // `[binary <bytes> bytes]`
// Whether `text` is one such mark and nothing else.
bool is_mark(std::string_view text);

}  // namespace scopetrace
