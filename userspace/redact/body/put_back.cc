// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/body/put_back.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "userspace/redact/body/xml_text.h"
#include "userspace/redact/scan/encodings.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::array<std::string_view, 3> kMarks = {"[REDACTED:", "[WITHHELD:", "[binary "};

std::size_t take_percent(std::string_view raw, std::size_t at, std::string& out) {
  const bool is_escape = raw[at] == '%' && at + 2 < raw.size() && hex_value(raw[at + 1]) >= 0 &&
                         hex_value(raw[at + 2]) >= 0;
  if (!is_escape) {
    out += raw[at] == '+' ? ' ' : raw[at];
    return 1;
  }
  out += static_cast<char>(hex_value(raw[at + 1]) << 4 | hex_value(raw[at + 2]));
  return 3;
}

std::size_t take_json(std::string_view raw, std::size_t at, std::string& out) {
  if (raw[at] != '\\') {
    out += raw[at];
    return 1;
  }
  constexpr std::size_t kUnit = 6;  // \uXXXX
  const std::size_t size = raw.substr(at + 1, 1) == "u" ? kUnit : 2;
  const std::string_view escape = raw.substr(at, size);
  out += unescape_json(escape);
  return escape.size();
}

std::size_t take_reference(std::string_view raw, std::size_t at, std::string& out) {
  const auto end = raw[at] == '&' ? raw.substr(at, 12).find(';') : raw.npos;
  const std::size_t size = end == raw.npos ? 1 : end + 1;
  const std::string decoded = decode_references(raw.substr(at, size));
  out += decoded;
  return size;
}

constexpr std::size_t kMaxMark = 128;      // of a placeholder
constexpr std::size_t kMaxSpliced = 8192;  // longer values are encoded anew: searching costs

// A raw text with the origin of each of its decoded bytes.
struct Decoded {
  std::string text;
  std::vector<std::uint32_t> origin;  // one entry more than text has bytes
};

Decoded decode(const TextEncoding& encoding, std::string_view raw) {
  Decoded out;
  for (std::size_t at = 0; at < raw.size();) {
    const std::size_t size = encoding.decode_one(raw, at, out.text);
    out.origin.resize(out.text.size(), static_cast<std::uint32_t>(at));
    at += size;
  }
  out.origin.push_back(static_cast<std::uint32_t>(raw.size()));
  return out;
}

// The next placeholder in `text` from `at` on; empty at its end when there is none.
std::string_view next_mark(std::string_view text, std::size_t at) {
  for (std::size_t open = text.find('[', at); open != text.npos; open = text.find('[', open + 1)) {
    const std::string_view rest = text.substr(open);
    const auto close = rest.substr(0, kMaxMark).find(']');
    const bool is_mark =
        close != rest.npos && std::any_of(kMarks.begin(), kMarks.end(),
                                          [&](auto mark) { return rest.starts_with(mark); });
    if (is_mark) return rest.substr(0, close + 1);
  }
  return text.substr(text.size());
}

std::optional<std::string> splice(std::string_view raw, const Decoded& decoded,
                                  std::string_view redacted) {
  std::string out;
  std::size_t from = 0;
  for (std::size_t at = 0; at < redacted.size();) {
    const std::string_view mark = next_mark(redacted, at);
    const auto literal_end = static_cast<std::size_t>(mark.data() - redacted.data());
    const std::string_view literal = redacted.substr(at, literal_end - at);
    const auto found = decoded.text.find(literal, from);
    if (found == std::string::npos) return std::nullopt;
    const std::size_t end = found + literal.size();
    out += raw.substr(decoded.origin[found], decoded.origin[end] - decoded.origin[found]);
    out += mark;
    from = end;
    at = literal_end + mark.size();
  }
  return out;
}

}  // namespace

const TextEncoding kPercentForm = {take_percent, encode_percent};
const TextEncoding kJsonString = {take_json, escape_json};
const TextEncoding kXmlText = {take_reference, escape_xml};

std::string put_back(const TextEncoding& encoding, std::string_view raw,
                     std::string_view redacted) {
  if (raw.size() > kMaxSpliced) return encoding.encode(redacted);
  auto spliced = splice(raw, decode(encoding, raw), redacted);
  return spliced ? *std::move(spliced) : encoding.encode(redacted);
}

}  // namespace scopetrace
