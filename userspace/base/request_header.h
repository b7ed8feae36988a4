// SPDX-License-Identifier: Apache-2.0
// A header field that puts a request in scope: what of it is compared, in the kernel and here.
#pragma once

#include <string>
#include <string_view>

namespace scopetrace {

// `name` ignores case; `value` as approved.
struct RequestHeader {
  std::string name;
  std::string value;
};

// W3C Trace Context: 00-<trace id>-<parent id>-<flags>. Each hop changes all but the trace id.
bool is_trace_parent(std::string_view name);
inline constexpr std::size_t kTraceIdDigits = 32;

// What of a header's value decides: the trace id of a traceparent, else all of it. Borrowed from
// `value`.
std::string_view request_value(std::string_view name, std::string_view value);

}  // namespace scopetrace
