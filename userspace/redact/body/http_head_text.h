// SPDX-License-Identifier: Apache-2.0
// Heads of HTTP messages in text: where they begin, and how they are written again, redacted.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "userspace/protocol/http1_head.h"
#include "userspace/redact/text/text_scanner.h"

namespace scopetrace {

// A head at the front of a text. A start line of HTTP/1 to HTTP/3, or the pseudo-headers of a list.
struct HeadText {
  Http1Head head;
  std::string_view raw;     // start line, header lines, empty line, line ends included
  bool is_list = false;     // begins with pseudo-headers: no start line
  bool has_framing = true;  // HTTP/1: fields say where the body ends
};

// The head that `text` begins with, or nothing. It ends at its empty line, or before a line with a
// NUL; at most kMaxHeadText bytes of whole lines and kMaxFields fields: what follows is taken for
// body.
std::optional<HeadText> read_head_text(std::string_view text);
inline constexpr std::size_t kMaxHeadText = 1 << 20;

// Where the next head begins in `text`; its size when there is none. Linear.
std::size_t find_head_text(std::string_view text);

// Appends the head with redacted values to `out`.
void redact_head_text(TextScanner& scanner, const HeadText& head, std::string& out);
// Appends header lines alone (trailers).
void redact_field_lines(TextScanner& scanner, std::string_view lines, std::string& out);

}  // namespace scopetrace
