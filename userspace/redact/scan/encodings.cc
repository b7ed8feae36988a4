// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/scan/encodings.h"

#include <array>
#include <cstdint>

#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

// Four hexadecimal digits at `at`, or -1.
int read_hex4(std::string_view text, std::size_t at) {
  if (at + 4 > text.size()) return -1;
  int value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const int digit = hex_value(text[at + i]);
    if (digit < 0) return -1;
    value = value << 4 | digit;
  }
  return value;
}

void append_utf8(std::string& out, unsigned code) {
  const auto tail = [&](unsigned shift) {
    out += static_cast<char>(0x80 | (code >> shift & 0x3f));
  };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | code >> 6);
    tail(0);
  } else {
    out += static_cast<char>(0xe0 | code >> 12);
    tail(6);
    tail(0);
  }
}

}  // namespace

std::string decode_percent(std::string_view text, bool form) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_escape = text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
                           hex_value(text[i + 2]) >= 0;
    if (is_escape) {
      out += static_cast<char>(hex_value(text[i + 1]) << 4 | hex_value(text[i + 2]));
      i += 2;
    } else {
      out += form && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::string encode_percent(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kKept = "-_.~[]:";
  std::string out;
  out.reserve(3 * text.size());  // growing would leave copies behind
  for (const char c : text) {
    if (is_alnum(c) || kKept.find(c) != kKept.npos) {
      out += c;
      continue;
    }
    const auto value = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[value >> 4];
    out += kHex[value & 15];
  }
  return out;
}

std::optional<std::string> decode_base64(std::string_view text) {
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  unsigned have = 0;
  for (const char c : text) {
    const unsigned value = base64_value(c);
    if (value > 63) return std::nullopt;
    bits = bits << 6 | value;
    have += 6;
    if (have < 8) continue;
    have -= 8;
    out += static_cast<char>(bits >> have & 0xff);
  }
  return out;
}

std::string unescape_json(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char c = text[++i];
    const int code = c == 'u' ? read_hex4(text, i + 1) : -1;
    if (code >= 0) {
      append_utf8(out, static_cast<unsigned>(code));
      i += 4;
      continue;
    }
    const auto at = std::string_view("bfnrt").find(c);
    if (at != std::string_view::npos) {
      out += "\b\f\n\r\t"[at];
    } else {
      out += c;
    }
  }
  return out;
}

std::string escape_json(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto value = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (value < 0x20) {
      out += "\\u00";
      out += kHex[value >> 4];
      out += kHex[value & 15];
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace scopetrace
