// SPDX-License-Identifier: Apache-2.0
// Where a value ends: at the delimiter of what it stands in.
#pragma once

#include <string_view>

#include "userspace/redact/detect/cursor.h"
#include "userspace/redact/rules/shape.h"

namespace scopetrace {

inline constexpr std::size_t kMaxValueBytes = 65536;

struct StringEnd {
  std::size_t end = 0;     // of the content
  bool is_closed = false;  // false: the text or its line ended first
};

// The end of the string whose content begins at `begin`, behind `quote`.
StringEnd string_end(std::string_view text, std::size_t begin, const Quote& quote);

// The end of a bare value at `begin`: its line's blank or tag, the quotation mark that opened
// before `name`, or a delimiter that something follows. Of a query (`?name=`) it is & or #.
std::size_t bare_end(std::string_view text, std::size_t begin, TextRange name);

}  // namespace scopetrace
