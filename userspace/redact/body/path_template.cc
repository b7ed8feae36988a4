// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/body/path_template.h"

#include <algorithm>

#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxSegment = 32;

// Words and versions are templates' constants; everything else is a parameter.
bool is_constant_segment(std::string_view segment) {
  if (segment.size() > kMaxSegment) return false;
  const bool is_version = segment.size() <= 4 && segment.size() >= 2 && segment[0] == 'v' &&
                          count_digits(segment) == segment.size() - 1;
  const auto is_word_char = [](char c) { return is_letter(c) || c == '-' || c == '_'; };
  return is_version || std::all_of(segment.begin(), segment.end(), is_word_char);
}

}  // namespace

std::string path_template(std::string_view path) {
  std::string out;
  for (std::size_t at = 0; at < path.size();) {
    const auto slash = std::min(path.find('/', at), path.size());
    const std::string_view segment = path.substr(at, slash - at);
    out += is_constant_segment(segment) ? std::string(segment) : "{}";
    if (slash < path.size()) out += '/';
    at = slash + 1;
  }
  return out;
}

}  // namespace scopetrace
