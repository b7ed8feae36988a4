// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/scan/encoded_text.h"

#include <algorithm>
#include <array>

#include "userspace/redact/scan/encodings.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxPart = 65536;
constexpr std::size_t kMaxLead = 4096;  // of a part before its first escape
constexpr std::size_t kMinBase64 = 24;  // characters worth decoding
constexpr std::size_t kProbe = 16;      // characters that tell whether a run is text
constexpr std::size_t kMinSegment = 8;  // letters and digits a base64 text begins with
constexpr std::size_t kMaxStarts = 8;

constexpr std::array<bool, 256> make_part_ends() {
  std::array<bool, 256> table{};
  for (const char c : std::string_view(" \t\r\n\"'<>`"))
    table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr auto kPartEnds = make_part_ends();
bool ends_part(char c) { return kPartEnds[static_cast<unsigned char>(c)]; }
bool is_base64_char(char c) { return base64_value(c) < 64; }

// The escape at `at`: its length and what it stands for. \: and \= are those of property files.
struct Escape {
  std::size_t size = 0;
  unsigned value = 0;
};
Escape escape_at(std::string_view text, std::size_t at) {
  const auto hex = [&](std::size_t i) { return i < text.size() ? hex_value(text[i]) : -1; };
  const std::string_view two = text.substr(at, 2);
  if (two == "\\:" || two == "\\=") return {2, static_cast<unsigned char>(two[1])};
  const bool is_percent = text[at] == '%';
  const bool is_unicode = text[at] == '\\' && text.substr(at, 4) == "\\u00";
  if (!is_percent && !is_unicode) return {};
  const std::size_t first = at + (is_percent ? 1 : 4);
  if (hex(first) < 0 || hex(first + 1) < 0) return {};
  return {first + 2 - at, static_cast<unsigned>(hex(first) << 4 | hex(first + 1))};
}

bool is_ascii_text(unsigned c) {
  return (c >= 32 && c < 127) || c == '\n' || c == '\r' || c == '\t';
}

// Whether the first characters of a run decode to text. Most runs are told by their first four.
bool probe(std::string_view run) {
  if (run.size() < kProbe) return false;
  for (std::size_t at = 0; at < kProbe; at += 4) {
    unsigned bits = 0;
    for (std::size_t i = 0; i < 4; ++i) bits = bits << 6 | base64_value(run[at + i]);
    if (!is_ascii_text(bits >> 16) || !is_ascii_text(bits >> 8 & 255) ||
        !is_ascii_text(bits & 255)) {
      return false;
    }
  }
  return true;
}

// What a character stands for behind the decoded `last`: a plus behind a sign of JSON is a form's
// blank.
char decoded(char c, const Escape& escape, char last) {
  if (escape.size > 0) return static_cast<char>(escape.value);
  return c == '+' && (last == ':' || last == ',') ? ' ' : c;
}

}  // namespace

bool decode_escapes(std::string_view text, std::size_t at, std::size_t from, DecodedPart& part) {
  if (escape_at(text, at).size == 0) return false;
  std::size_t begin = at;
  while (begin > from && at - begin < kMaxLead && !ends_part(text[begin - 1])) --begin;
  const std::size_t limit = std::min(text.size(), at + kMaxPart);
  std::size_t end = begin;
  while (end < limit && !ends_part(text[end])) ++end;
  part.text.resize(end - begin);
  part.origin.resize(end - begin + 1);
  std::size_t size = 0, i = begin;
  for (char last = '\0'; i < end; ++size) {
    const bool may_escape = text[i] == '%' || text[i] == '\\';
    const Escape escape = may_escape ? escape_at(text, i) : Escape{};
    last = decoded(text[i], escape, last);
    part.origin[size] = static_cast<std::uint32_t>(i);
    part.text[size] = last;
    i += std::max<std::size_t>(escape.size, 1);
  }
  part.text.resize(size);
  part.origin.resize(size + 1);
  part.origin[size] = static_cast<std::uint32_t>(i);
  return true;
}

// The base64 characters from one place on, counted as far as is asked.
class RunEnd {
 public:
  RunEnd(std::string_view text, std::size_t at) : text_(text), end_(at) {}

  bool reaches(std::size_t at) {
    while (end_ < at && end_ < text_.size() && is_base64_char(text_[end_])) ++end_;
    return end_ >= at;
  }

 private:
  std::string_view text_;
  std::size_t end_;
};

// Where the base64 text of the run at `at` begins: there, or behind one of its first separators
// when another token stands before it; up to three characters further when the run is not aligned.
static std::optional<std::size_t> base64_begin(std::string_view text, std::size_t at) {
  RunEnd run(text, at);
  for (std::size_t tried = 0; tried < kMaxStarts && run.reaches(at + kMinBase64); ++tried) {
    std::size_t end = at;
    while (end < text.size() && is_alnum(text[end])) ++end;
    const std::size_t shifts = end - at < kMinSegment ? 0 : 4;  // words of paths are short
    for (std::size_t shift = 0; shift < shifts && at + shift + kProbe <= text.size(); ++shift) {
      if (probe(text.substr(at + shift, kProbe))) return at + shift;
    }
    at = end + 1;
  }
  return std::nullopt;
}

std::optional<Base64Part> decode_base64_run(std::string_view text, std::size_t at) {
  const auto begin = base64_begin(text, at);
  if (!begin) return std::nullopt;
  std::size_t end = *begin;
  const std::size_t limit = std::min(text.size(), at + kMaxPart);
  while (end < limit && is_base64_char(text[end])) ++end;
  if (end - *begin < kMinBase64 - 3) return std::nullopt;
  const std::size_t odd = (end - *begin) % 4 == 1 ? 1 : 0;
  auto decoded = decode_base64(text.substr(*begin, end - *begin - odd));
  if (!decoded) return std::nullopt;
  while (end < text.size() && text[end] == '=') ++end;
  std::size_t first = *begin;  // what stands before the aligned part belongs to it
  while (first > at && is_alnum(text[first - 1])) --first;
  return Base64Part{{first, end}, *std::move(decoded)};
}

}  // namespace scopetrace
