// SPDX-License-Identifier: Apache-2.0
// The line that a name stands on. Looking around is bounded.
#pragma once

#include <algorithm>
#include <string_view>

namespace scopetrace {

inline constexpr std::size_t kMaxLineBack = 4096;   // of a line before a name
inline constexpr std::size_t kMaxLookahead = 8192;  // of values on later lines

// The begin of the line, or kMaxLineBack bytes before `at` when it is further away.
inline std::size_t line_begin(std::string_view text, std::size_t at) {
  const std::size_t from = at > kMaxLineBack ? at - kMaxLineBack : 0;
  const auto end = text.substr(from, at - from).rfind('\n');
  return end == text.npos ? from : from + end + 1;
}
// For who goes on behind it: what is looked at from many places of one line wants near_line_end().
inline std::size_t line_end(std::string_view text, std::size_t at) {
  return std::min(text.find('\n', at), text.size());
}
// The end of the line, or kMaxLookahead bytes behind `at` when it is further away.
inline std::size_t near_line_end(std::string_view text, std::size_t at) {
  return line_end(text.substr(0, std::min(text.size(), at + kMaxLookahead)), at);
}

}  // namespace scopetrace
