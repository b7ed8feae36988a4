// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/wire/wire_protocol.h"

#include "userspace/redact/wire/wire_text.h"

namespace scopetrace {

void WireProtocol::skip(std::size_t size_bytes, WireText& out) { out.withhold(size_bytes); }

Extent line_extent(std::string_view begin, std::size_t max_bytes) {
  const auto end = begin.substr(0, max_bytes).find('\n');
  if (end != begin.npos) return Extent::of(end + 1);
  return begin.size() < max_bytes ? Extent::needs_more() : Extent::broken();
}

std::string_view without_line_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace scopetrace
