// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/headers/auth_scheme.h"

#include <algorithm>

#include "userspace/redact/scan/encodings.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxCredentials = 65536;
constexpr std::size_t kMinBearer = 16;  // shorter words are prose

bool is_credential_char(char c) { return is_alnum(c) || is_in(c, "-_.+/~="); }

}  // namespace

bool is_basic_credentials(std::string_view base64) {
  const auto decoded = decode_base64(base64);
  return decoded && decoded->find(':') != decoded->npos && is_readable(*decoded);
}

std::optional<TextRange> scheme_value_behind(std::string_view text, std::size_t at, bool is_basic) {
  std::size_t begin = at;
  while (begin < text.size() && (is_blank(text[begin]) || text[begin] == '+')) ++begin;
  if (begin == at || begin - at > 4) return std::nullopt;
  const std::size_t limit = std::min(text.size(), begin + kMaxCredentials);
  std::size_t end = begin;
  while (end < limit && is_credential_char(text[end])) ++end;
  const std::string_view value = text.substr(begin, end - begin);
  if (is_basic) {
    return is_basic_credentials(value) ? std::optional(TextRange{begin, end}) : std::nullopt;
  }
  const auto equals = value.find('=');
  const bool is_parameter =
      equals != value.npos && value.find_first_not_of('=', equals) != value.npos;
  if (value.size() < kMinBearer || !has_digit(value) || is_parameter) return std::nullopt;
  return TextRange{begin, end};
}

}  // namespace scopetrace
