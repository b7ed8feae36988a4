// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/body/inner_coding.h"

#include <algorithm>

#include "userspace/base/bytes.h"
#include "userspace/protocol/body.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxWhole = 16 << 20;  // of a whole body that turns out to be compressed
constexpr std::size_t kMaxGrowth = 16;       // of a part
constexpr std::size_t kFreeBytes = 4096;     // that every part may have

constexpr char16_t kFirstSurrogate = 0xd800;
constexpr char16_t kLastSurrogate = 0xdfff;

void append_code(std::string& out, char16_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    out += static_cast<char>(0xe0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  }
}

// Characters beyond the first plane become "?": no secret is made of them.
std::string from_utf16(std::string_view content, bool is_big) {
  std::string out;
  for (std::size_t i = 0; i + 1 < content.size(); i += 2) {
    const auto first = static_cast<unsigned char>(content[i]);
    const auto second = static_cast<unsigned char>(content[i + 1]);
    const auto code = static_cast<char16_t>(is_big ? first << 8 | second : second << 8 | first);
    if (code >= kFirstSurrogate && code <= kLastSurrogate) {
      out += '?';
    } else {
      append_code(out, code);
    }
  }
  return out;
}

std::string from_latin1(std::string_view content) {
  std::string out;
  for (const char c : content) append_code(out, static_cast<unsigned char>(c));
  return out;
}

// Whether bytes of no known character set read like text: no control characters, few high bytes.
bool is_like_text(std::string_view content) {
  const auto high = std::count_if(content.begin(), content.end(), [](char c) { return c < 0; });
  return static_cast<std::size_t>(high) * 4 <= content.size() &&
         std::none_of(content.begin(), content.end(),
                      [](char c) { return c >= 0 && c < 0x20 && !is_space(c); });
}

}  // namespace

std::string_view coding_of_magic(std::string_view content) {
  constexpr std::string_view kGzip = "\x1f\x8b\x08";
  constexpr std::string_view kZstd = "\x28\xb5\x2f\xfd";
  if (content.starts_with(kGzip)) return "gzip";
  if (content.starts_with(kZstd)) return "zstd";
  constexpr std::string_view kLevels = "\x01\x5e\x9c\xda";
  const bool is_zlib =
      content.size() > 6 && content[0] == '\x78' && kLevels.find(content[1]) != kLevels.npos;
  return is_zlib ? "deflate" : "";
}

HttpBody decode_inner(std::string_view content, std::string_view codings, BodyOptions options) {
  const std::size_t most = options.depth == 0
                               ? kMaxWhole
                               : std::min(kMaxWhole, content.size() * kMaxGrowth + kFreeBytes);
  BodyCollector collector({most, most});
  std::vector<std::string> names;
  add_codings(codings, names);
  collector.begin(names);
  collector.add(as_bytes(content));
  return collector.take(true);
}

std::optional<std::string> as_utf8(std::string_view content, std::string_view charset) {
  const std::string set = to_lower(charset);
  if (content.starts_with("\xff\xfe")) return from_utf16(content.substr(2), false);
  if (content.starts_with("\xfe\xff")) return from_utf16(content.substr(2), true);
  if (set.starts_with("utf-16")) return from_utf16(content, set != "utf-16le");
  const bool is_bytes = set.empty() || set.starts_with("iso-8859") ||
                        set.starts_with("windows-125") || set.starts_with("latin");
  if (!is_bytes || is_readable(content) || !is_like_text(content)) return std::nullopt;
  return from_latin1(content);
}

}  // namespace scopetrace
