// SPDX-License-Identifier: Apache-2.0
// Line by line through a file of keys.
#pragma once

#include <string>
#include <string_view>

#include "userspace/base/result.h"

namespace scopetrace {

inline constexpr std::size_t kMaxKeyLines = 10'000;

// Calls `use` with each line that is neither blank nor a comment, without its LF; the first error
// ends the walk and gets the line's number. kLimit above kMaxKeyLines.
template <class Use>
Status for_each_key_line(std::string_view text, Use use) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    if (number > kMaxKeyLines) return fail(ErrorCode::kLimit, "more than 10000 lines");
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.starts_with('#')) continue;
    Status used = use(line);
    if (!used) return fail(std::move(used).error().with_context("line " + std::to_string(number)));
  }
  return {};
}

}  // namespace scopetrace
