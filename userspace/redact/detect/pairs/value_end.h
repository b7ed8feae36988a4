// SPDX-License-Identifier: Apache-2.0
// Where a value ends: at the delimiter of what it stands in.
#pragma once

#include <string_view>

#include "userspace/redact/detect/cursor.h"
#include "userspace/redact/rules/shape.h"

namespace scopetrace {

inline constexpr std::size_t kMaxValueBytes = 65536;
inline constexpr std::size_t kMaxBareLook = 1024;  // of a bare value, to tell what it is

struct StringEnd {
  std::size_t end = 0;     // of the content
  bool is_closed = false;  // false: the text or its line ended first
};

// The end of the string whose content begins at `begin`, behind `quote`.
StringEnd string_end(std::string_view text, std::size_t begin, const Quote& quote);

// Whether the quotation mark at `at`, behind `name` and its sign, only closes a string that
// opened in front of the name: read -p "Password: " X.
bool closes_prompt(std::string_view text, TextRange name, std::size_t at);

// The end of a bare value at `begin`: its line's blank or tag, the quotation mark that opened
// before `name`, or a delimiter that something follows. Of a query (`?name=`) it is & or #. At most
// `size_max` bytes behind `begin`: many names may stand in front of one long run, so that only what
// is redacted in the end is looked at as a whole.
std::size_t bare_end(std::string_view text, std::size_t begin, TextRange name,
                     std::size_t size_max = kMaxBareLook);

// Whether the bare value [begin, end) may go on behind kMaxBareLook.
constexpr bool is_bare_cut(TextRange value) {
  constexpr std::size_t kMaxDelimiter = 64;
  return value.end - value.begin + kMaxDelimiter >= kMaxBareLook;
}

}  // namespace scopetrace
