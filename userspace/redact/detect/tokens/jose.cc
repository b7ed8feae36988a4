// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/tokens/jose.h"

#include <algorithm>

#include "userspace/redact/scan/encodings.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxJose = 65536;  // bytes of one token
constexpr std::size_t kMaxHeaderSegment = 2048;

bool is_base64url(char c) { return is_alnum(c) || c == '-' || c == '_'; }

std::size_t segment_end(std::string_view text, std::size_t at, std::size_t limit) {
  const std::size_t end = std::min(text.size(), at + limit);
  while (at < end && is_base64url(text[at])) ++at;
  return at;
}

}  // namespace

bool is_jose_header(std::string_view segment) {
  const auto decoded = decode_base64(segment);
  return decoded && decoded->starts_with('{') &&
         (decoded->find("\"alg\"") != decoded->npos || decoded->find("\"typ\"") != decoded->npos);
}

std::optional<TextRange> jose_at(std::string_view text, std::size_t at) {
  if (!is_token_start(text, at)) return std::nullopt;
  const std::size_t header_end = segment_end(text, at, kMaxHeaderSegment);
  if (header_end >= text.size() || text[header_end] != '.') return std::nullopt;
  if (!is_jose_header(text.substr(at, header_end - at))) return std::nullopt;
  std::size_t end = header_end;
  std::size_t segments = 1;
  while (segments < 5 && end < text.size() && text[end] == '.') {
    end = segment_end(text, end + 1, kMaxJose);
    ++segments;
  }
  return segments >= 2 ? std::optional(TextRange{at, end}) : std::nullopt;
}

std::optional<TextRange> jwk_member_at(std::string_view text, std::size_t at) {
  constexpr std::size_t kMinMember = 40;
  const std::size_t end = segment_end(text, at, kMaxJose);
  const std::string_view value = text.substr(at, end - at);
  const bool is_closed = end < text.size() && (text[end] == '"' || text[end] == '\\');
  const bool is_key = value.size() >= kMinMember && has_digit(value) && has_letter(value);
  return is_key && is_closed ? std::optional(TextRange{at, end}) : std::nullopt;
}

}  // namespace scopetrace
