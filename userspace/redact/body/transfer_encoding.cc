// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/body/transfer_encoding.h"

#include <algorithm>

#include "userspace/redact/scan/encodings.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

std::optional<std::string> decode_lines(std::string_view content) {
  std::string joined;
  joined.reserve(content.size());
  std::copy_if(content.begin(), content.end(), std::back_inserter(joined),
               [](char c) { return !is_space(c); });
  return decode_base64(joined);
}

// =XX is a byte, "=" before a line end joins two lines (RFC 2045 section 6.7).
std::string decode_quoted_printable(std::string_view content) {
  std::string out;
  out.reserve(content.size());
  for (std::size_t i = 0; i < content.size(); ++i) {
    const std::string_view behind = content.substr(std::min(i + 1, content.size()), 2);
    if (content[i] != '=') {
      out += content[i];
    } else if (behind.starts_with('\n')) {
      i += 1;
    } else if (behind == "\r\n") {
      i += 2;
    } else if (behind.size() == 2 && hex_value(behind[0]) >= 0 && hex_value(behind[1]) >= 0) {
      out += static_cast<char>(hex_value(behind[0]) << 4 | hex_value(behind[1]));
      i += 2;
    } else {
      out += '=';
    }
  }
  return out;
}

}  // namespace

std::optional<std::string> decode_transfer(std::string_view encoding, std::string_view content) {
  encoding = trim(encoding);
  if (equals_ignoring_case(encoding, "base64")) return decode_lines(content);
  if (equals_ignoring_case(encoding, "quoted-printable")) return decode_quoted_printable(content);
  return std::nullopt;
}

std::string withheld_mark(std::uint64_t size_bytes, std::string_view reason) {
  std::string dashed(reason);
  std::replace(dashed.begin(), dashed.end(), ' ', '-');
  return "[WITHHELD:" + std::to_string(size_bytes) + ":" + dashed + "]";
}

std::string binary_mark(std::uint64_t size_bytes) {
  return "[binary " + std::to_string(size_bytes) + " bytes]";
}

// Strict: what only begins like a mark hides nothing behind it.
bool is_mark(std::string_view text) {
  constexpr std::size_t kMaxMark = 128;
  if (text.size() > kMaxMark) return false;
  const auto digits_end = [&](std::size_t from) {
    while (from < text.size() && is_digit(text[from])) ++from;
    return from;
  };
  constexpr std::string_view kWithheld = "[WITHHELD:", kBinary = "[binary ", kBytes = " bytes]";
  if (text.starts_with(kBinary)) return text.substr(digits_end(kBinary.size())) == kBytes;
  if (!text.starts_with(kWithheld) || !text.ends_with(']')) return false;
  const std::string_view reason = text.substr(digits_end(kWithheld.size()));
  return reason.size() == 1 ||
         (reason[0] == ':' && std::all_of(reason.begin() + 1, reason.end() - 1,
                                          [](char c) { return is_lower(c) || c == '-'; }));
}

}  // namespace scopetrace
