// SPDX-License-Identifier: Apache-2.0
// Leaving a line for later, when more text is needed to decide what is in it.
#pragma once

#include <string_view>

#include "userspace/redact/detect/named_values.h"

namespace scopetrace {

// What stands at `at` needs more text. Its whole line waits, since what is in front may announce
// it: at most the 4 KiB before `at`.
inline void wants_line(ScanText& scan, std::size_t at) {
  constexpr std::size_t kMaxBack = 4096;
  if (scan.is_final) return;
  const std::size_t from = at > kMaxBack ? at - kMaxBack : 0;
  const auto end = scan.text.substr(from, at - from).rfind('\n');
  scan.wants_more(end == std::string_view::npos ? from : from + end + 1);
}

}  // namespace scopetrace
