// SPDX-License-Identifier: Apache-2.0
#include "userspace/base/request_header.h"

#include <algorithm>

namespace scopetrace {

bool is_trace_parent(std::string_view name) {
  constexpr std::string_view kName = "traceparent";
  return std::equal(name.begin(), name.end(), kName.begin(), kName.end(),
                    [](char a, char b) { return a == b || (a ^ 0x20) == b; });
}

std::string_view request_value(std::string_view name, std::string_view value) {
  constexpr std::size_t kBefore = 3;  // 00-
  const bool is_whole = value.size() > kBefore + kTraceIdDigits && value[kBefore - 1] == '-' &&
                        value[kBefore + kTraceIdDigits] == '-';
  return is_whole && is_trace_parent(name) ? value.substr(kBefore, kTraceIdDigits) : value;
}

}  // namespace scopetrace
