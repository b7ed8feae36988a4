// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/tokens/path_tokens.h"

#include "userspace/redact/rules/plausible.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {

std::optional<TextRange> path_token_at(std::string_view text, std::size_t at) {
  constexpr std::size_t kMinToken = 20;
  constexpr std::size_t kMaxToken = 2048;
  std::size_t end = at;
  while (end < text.size() && end - at < kMaxToken &&
         (is_alnum(text[end]) || text[end] == '-' || text[end] == '_' || text[end] == '='))
    ++end;
  const std::string_view token = text.substr(at, end - at);
  const bool goes_on = end < text.size() && text[end] == '.';  // a file
  if (token.size() < kMinToken || goes_on || !is_random_token(token)) return std::nullopt;
  return TextRange{at, end};
}

}  // namespace scopetrace
