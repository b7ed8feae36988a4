// SPDX-License-Identifier: Apache-2.0
// Leaving a line for later, when more text is needed to decide what is in it.
#pragma once

#include <string_view>

#include "userspace/redact/detect/pairs/named_values.h"

namespace scopetrace {

// Where the line of `at` begins, or a word at most 4 KiB before it: what stands there may announce
// what stands at `at`.
inline std::size_t near_line_begin(std::string_view text, std::size_t at) {
  constexpr std::size_t kMaxBack = 4096;
  const std::size_t from = at > kMaxBack ? at - kMaxBack : 0;
  const std::string_view before = text.substr(from, at - from);
  const auto end = before.rfind('\n');
  if (end != before.npos) return from + end + 1;
  const auto blank = before.find(' ');
  return from == 0 ? 0 : blank == before.npos ? at : from + blank + 1;
}

// What stands at `at` needs more text. Its whole line waits.
inline void wants_line(ScanText& scan, std::size_t at) {
  if (!scan.is_final) scan.wants_more(near_line_begin(scan.text, at));
}

}  // namespace scopetrace
