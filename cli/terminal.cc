// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"

#include <fmt/core.h>

#include <cstdlib>

namespace scopetrace {
namespace {

constexpr char32_t kReplacement = 0xFFFD;
constexpr char32_t kFirstSupplementary = 0x10000;

struct CodePoint {
  char32_t value = 0;
  std::size_t length_bytes = 0;  // 0: not UTF-8
};

std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

CodePoint decode(std::string_view text) {
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = sequence_length(lead);
  if (length == 0 || length > text.size()) return {};
  char32_t value = length == 1 ? lead : lead & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0) != 0x80) return {};
    value = (value << 6) | (next & 0x3Fu);
  }
  const bool is_surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < kSmallest[length] || value > 0x10FFFF || is_surrogate) return {};
  return {value, length};
}

bool is_harmless(char32_t value) {
  if (value < 0x20 || (value >= 0x7F && value <= 0x9F)) return false;
  if (value >= 0x200B && value <= 0x200F) return false;  // zero width, direction marks
  if (value >= 0x2028 && value <= 0x202E) return false;  // line separators, direction overrides
  if (value >= 0x2060 && value <= 0x206F) return false;  // invisible operators, isolates
  return value != 0x061C && value != 0xFEFF && !(value >= 0xE0000 && value <= 0xE007F);
}

}  // namespace

std::string escape_for_terminal(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const CodePoint point = decode(text);
    const std::size_t length = point.length_bytes == 0 ? 1 : point.length_bytes;
    const std::string_view bytes = text.substr(0, length);
    if (point.length_bytes != 0 && is_harmless(point.value)) {
      out += bytes;
    } else {
      for (const char byte : bytes)
        out += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
    }
    text.remove_prefix(length);
  }
  return out;
}

std::string escape_json_for_terminal(std::string_view json) {
  std::string out;
  while (!json.empty()) {
    const CodePoint point = decode(json);
    const char32_t value = point.length_bytes == 0 ? kReplacement : point.value;
    const bool is_end = value == '\n' && json.size() == 1;
    if ((value >= 0x20 && value < 0x7F) || is_end) {
      out += static_cast<char>(value);
    } else if (value < kFirstSupplementary) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(value));
    } else {  // a surrogate pair: RFC 8259 section 7
      const auto rest = static_cast<unsigned>(value - kFirstSupplementary);
      out += fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + (rest >> 10), 0xDC00 + (rest & 0x3FF));
    }
    json.remove_prefix(point.length_bytes == 0 ? 1 : point.length_bytes);
  }
  return out;
}

bool may_use_colour(bool is_terminal) {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool is_refused = no_colour != nullptr && *no_colour != '\0';
  const bool is_dumb = term == nullptr || std::string_view(term) == "dumb";
  return is_terminal && !is_refused && !is_dumb;
}

}  // namespace scopetrace
