// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/encoded_text.h"

#include <algorithm>
#include <array>

#include "userspace/redact/encodings.h"
#include "userspace/redact/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxPart = 65536;
constexpr std::size_t kMaxLead = 4096;     // of a part before its first escape
constexpr std::size_t kMinBase64 = 24;     // characters worth decoding
constexpr std::size_t kProbe = 16;         // characters that tell whether a run is text
constexpr std::size_t kMaxStarts = 8;

bool ends_part(char c) {
  return is_space(c) || c == '"' || c == '\'' || c == '<' || c == '>' || c == '`';
}
bool is_base64_char(char c) {
  return is_alnum(c) || c == '+' || c == '/' || c == '-' || c == '_';
}

// The escape at `at`: its length and what it stands for.
struct Escape {
  std::size_t size = 0;
  unsigned value = 0;
};
Escape escape_at(std::string_view text, std::size_t at) {
  const auto hex = [&](std::size_t i) { return i < text.size() ? hex_value(text[i]) : -1; };
  const bool is_percent = text[at] == '%';
  const bool is_unicode = text[at] == '\\' && text.substr(at, 4) == "\\u00";
  if (!is_percent && !is_unicode) return {};
  const std::size_t first = at + (is_percent ? 1 : 4);
  if (hex(first) < 0 || hex(first + 1) < 0) return {};
  return {first + 2 - at, static_cast<unsigned>(hex(first) << 4 | hex(first + 1))};
}

bool is_text_byte(unsigned char c) { return (c >= 32 && c != 127) || c == '\n' || c == '\r' || c == '\t'; }

// Whether the first characters of a run decode to text.
bool probe(std::string_view run) {
  if (run.size() < kProbe) return false;
  auto decoded = decode_base64(run.substr(0, kProbe));
  if (!decoded) return false;
  const bool is_text = std::all_of(decoded->begin(), decoded->end(), [](char c) {
    return is_text_byte(static_cast<unsigned char>(c)) && static_cast<unsigned char>(c) < 128;
  });
  return is_text;
}

}  // namespace

bool decode_escapes(std::string_view text, std::size_t at, std::size_t from, DecodedPart& part) {
  if (escape_at(text, at).size == 0) return false;
  std::size_t begin = at;
  while (begin > from && at - begin < kMaxLead && !ends_part(text[begin - 1])) --begin;
  const std::size_t limit = std::min(text.size(), at + kMaxPart);
  part.text.clear();
  part.origin.clear();
  std::size_t i = begin;
  while (i < limit && !ends_part(text[i])) {
    const Escape escape = escape_at(text, i);
    part.origin.push_back(static_cast<std::uint32_t>(i));
    part.text += escape.size > 0 ? static_cast<char>(escape.value) : text[i];
    i += std::max<std::size_t>(escape.size, 1);
  }
  part.origin.push_back(static_cast<std::uint32_t>(i));
  return true;
}

std::optional<Base64Part> decode_base64_run(std::string_view text, std::size_t at) {
  std::size_t end = at;
  const std::size_t limit = std::min(text.size(), at + kMaxPart);
  while (end < limit && is_base64_char(text[end])) ++end;
  const std::string_view run = text.substr(at, end - at);
  if (run.size() < kMinBase64) return std::nullopt;
  std::size_t start = 0;
  for (std::size_t tried = 0; tried < kMaxStarts && start + kMinBase64 <= run.size(); ++tried) {
    for (std::size_t shift = 0; shift < 4; ++shift) {
      std::string_view aligned = run.substr(start + shift);
      if (!probe(aligned)) continue;
      aligned = aligned.substr(0, aligned.size() - (aligned.size() % 4 == 1 ? 1 : 0));
      auto decoded = decode_base64(aligned);
      if (!decoded) continue;
      while (end < text.size() && text[end] == '=') ++end;
      return Base64Part{{at + (shift == 0 ? start : 0), end}, *std::move(decoded)};
    }
    const auto next = run.find_first_of("/-_+", start);
    if (next == run.npos) break;
    start = next + 1;
  }
  return std::nullopt;
}

}  // namespace scopetrace
