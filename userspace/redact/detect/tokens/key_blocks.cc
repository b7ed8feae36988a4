// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/tokens/key_blocks.h"

#include <algorithm>

#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxKeyLine = 16384;  // a key in one line, its line ends escaped
constexpr std::size_t kMaxLabel = 64;

bool is_key_char(char c) {
  return is_alnum(c) || c == '+' || c == '/' || c == '=' || c == '\\' || c == '\r';
}

// A line without what source code, a diff or a quotation puts around it: quotes, + , | > and \n.
std::string_view unwrapped(std::string_view line) {
  constexpr std::string_view kAround = " \t\r\"'+,|>;()#*/";
  const auto begin = line.find_first_not_of(kAround);
  if (begin == line.npos) return {};
  line = line.substr(begin, line.find_last_not_of(kAround) + 1 - begin);
  return line.ends_with("\\n") ? line.substr(0, line.size() - 2) : line;
}

// "2026-11-24T10:52:01Z app MIIE…", "app | MIIE…": base64 behind what a log puts in front of a
// line.
bool is_stamped_key_line(std::string_view line) {
  constexpr std::size_t kMinLine = 16;  // the last line may be shorter when it is filled up
  const auto blank = line.find_last_of(' ', line.find_last_not_of(" \r"));
  if (blank == line.npos) return false;
  const std::string_view stamp = line.substr(0, blank), rest = unwrapped(line.substr(blank));
  const bool is_stamp =
      stamp.find('|') != stamp.npos || (has_digit(stamp) && stamp.find(':') != stamp.npos);
  return is_stamp && (rest.size() >= kMinLine || rest.ends_with('=')) &&
         std::all_of(rest.begin(), rest.end(), is_key_char);
}

// Whether a line can stand inside a private key: base64, nothing, or one of its header fields.
bool is_key_line(std::string_view line) {
  if (is_stamped_key_line(line)) return true;
  line = unwrapped(line);
  for (const std::string_view field :
       {"Proc-Type:", "DEK-Info:", "Version:", "Comment:", "Charset:", "Hash:"}) {
    if (line.starts_with(field)) return true;
  }
  return std::all_of(line.begin(), line.end(), is_key_char);
}

std::size_t run_of_key_chars(std::string_view text, std::size_t at, std::size_t limit) {
  const std::size_t end = std::min(text.size(), at + limit);
  while (at < end && is_key_char(text[at])) ++at;
  return at;
}

}  // namespace

std::optional<std::size_t> key_end_in_line(std::string_view line) {
  constexpr std::string_view kEnd = "---- END";  // of SSH2; PEM has no blank
  constexpr std::string_view kPemEnd = "-----END";
  const auto end = std::min(line.find(kPemEnd), line.find(kEnd));
  if (end != line.npos) return end;
  return is_key_line(line) ? std::nullopt : std::optional<std::size_t>(0);
}

std::size_t key_end(std::string_view text, std::size_t at) {
  for (bool is_first = true; at < text.size(); is_first = false) {
    const std::string_view ahead = text.substr(at, kMaxKeyLine);
    const std::string_view line = ahead.substr(0, ahead.find('\n'));
    const std::size_t line_end = at + line.size();
    const auto end = key_end_in_line(line);
    if (end && *end == 0 && is_first) return run_of_key_chars(text, at, line.size());
    if (end) return at + *end;
    at = line_end + 1;
  }
  return text.size();
}

std::optional<std::size_t> key_body(std::string_view text, std::size_t at) {
  const std::string_view head = text.substr(at, kMaxLabel);
  const auto label = head.find("PRIVATE KEY");
  const auto label_end = head.find("----", 9);
  if (label_end == head.npos || label > label_end) return std::nullopt;
  std::size_t begin = at + label_end;
  while (begin < text.size() && text[begin] == '-' && begin - at < kMaxLabel + 8) ++begin;
  return begin;
}

std::optional<TextRange> private_key_at(std::string_view text, std::size_t at) {
  const auto begin = key_body(text, at);
  if (!begin) return std::nullopt;
  const std::size_t end = key_end(text, *begin);
  return end > *begin ? std::optional(TextRange{*begin, end}) : std::nullopt;
}

}  // namespace scopetrace
