// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/pairs/string_list.h"

#include "userspace/redact/detect/cursor.h"
#include "userspace/redact/detect/pairs/value_end.h"

namespace scopetrace {

std::optional<TextRange> next_string(std::string_view text, const Assignment& found,
                                     std::size_t& at) {
  const auto opening = found.is_quoted ? quote_begin(text, found.value.begin) : std::nullopt;
  if (!opening) return std::nullopt;
  if (at == 0) {
    std::size_t before = *opening;
    while (before > 0 && is_space(text[before - 1])) --before;
    if (before == 0 || text[before - 1] != '[') return std::nullopt;
    at = found.value.end + (found.value.begin - *opening);
  }
  Cursor cursor{text, at};
  cursor.skip_spaces();
  if (!cursor.takes(",")) return std::nullopt;
  cursor.skip_spaces();
  const auto quote = quote_at(text, cursor.at);
  if (!quote) return std::nullopt;
  const StringEnd end = string_end(text, cursor.at + quote->size, *quote);
  if (!end.is_closed) return std::nullopt;
  at = end.end + quote->size;
  return TextRange{cursor.at + quote->size, end.end};
}

}  // namespace scopetrace
