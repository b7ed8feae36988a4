// SPDX-License-Identifier: Apache-2.0
// What the tests of body formats share.
#pragma once

#include "tests/unit/redact/fixture.h"
#include "userspace/redact/body/content.h"

namespace scopetrace {

// The content of one body as text; what is withheld as its reason in angle brackets.
inline std::string redact_as(const std::string& type, const std::string& content,
                             BodyOptions options = {}) {
  static Scanner* s = new Scanner;  // never destroyed: shared by all tests of a process
  const RedactedContent out = redact_content(s->scanner, content, {type, {}}, options);
  return out.withheld.empty() ? out.text : "<" + out.withheld + ">";
}
inline std::string shape_as(const std::string& type, const std::string& content) {
  return redact_as(type, content, {.as_shape = true});
}

// A text with each placeholder as "[class]".
inline std::string without_tags(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t mark = text.find("[REDACTED:", at);
    out += text.substr(at, mark - at);
    if (mark == text.npos) break;
    const std::size_t end = text.find(']', mark);
    out += "[" + text.substr(mark + 10, text.find_first_of(":]", mark + 10) - mark - 10) + "]";
    at = end + 1;
  }
  return out;
}

// Fields of Protocol Buffers messages.
inline std::string proto_varint(std::uint64_t value) {
  std::string out;
  for (; value > 127; value >>= 7) out += static_cast<char>((value & 127) | 128);
  return out + static_cast<char>(value);
}
inline std::string proto_number(unsigned field, std::uint64_t value) {
  return proto_varint(field << 3) + proto_varint(value);
}
inline std::string proto_bytes(unsigned field, const std::string& bytes) {
  return proto_varint(field << 3 | 2) + proto_varint(bytes.size()) + bytes;
}
// One frame of gRPC.
inline std::string grpc_frame(const std::string& message, char flags = '\0') {
  std::string out(1, flags);
  for (int shift = 24; shift >= 0; shift -= 8)
    out += static_cast<char>(message.size() >> shift & 255);
  return out + message;
}

}  // namespace scopetrace
