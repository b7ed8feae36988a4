// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/body/http_head_text.h"

#include <algorithm>
#include <array>

#include "userspace/redact/body/header_fields.h"
#include "userspace/redact/body/url.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxStatusLine = 1024;  // looked at behind "HTTP/" in the middle of a text
constexpr std::size_t kMaxRequestLine = 64 * 1024;
constexpr std::size_t kMaxNameAhead = 256;  // of the header line that must follow a start line
constexpr std::string_view kProtocol = "HTTP/";
constexpr std::array<std::string_view, 6> kPseudo = {":method",    ":status", ":path",
                                                     ":authority", ":scheme", ":protocol"};

std::string_view without_line_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// The next line with its line end; at most `max` bytes of it.
std::string_view first_line(std::string_view text, std::size_t max = std::string_view::npos) {
  const std::string_view window = text.substr(0, max);
  return window.substr(0,
                       std::min(window.find('\n'), window.size() - (window.empty() ? 0 : 1)) + 1);
}

bool is_name_char(char c) { return is_alnum(c) || is_in(c, "!#$%&'*+-.^_`|~"); }

// Whether a line can follow a start line: a field, or the end of the head.
bool may_follow_start(std::string_view text) {
  const std::string_view line = without_line_end(first_line(text, kMaxNameAhead));
  if (line.empty() || text.empty()) return true;
  const auto colon = line.find(':');
  if (colon == line.npos || colon == 0) return false;
  const std::string_view name = trim(line.substr(0, colon));
  return !name.empty() && std::all_of(name.begin(), name.end(), is_name_char);
}

// A start line of any version, read as if it were HTTP/1.1.
std::optional<Http1Head> parse_any_start(std::string_view line, bool& is_http1) {
  is_http1 = true;
  if (auto head = parse_start_line(line)) return head;
  const auto at = line.rfind(kProtocol);
  if (at == line.npos || at + kProtocol.size() >= line.size()) return std::nullopt;
  const char major = line[at + kProtocol.size()];
  if (major != '2' && major != '3' && major != '0' && major != '1') return std::nullopt;
  std::size_t end = at + kProtocol.size() + 1;
  if (line.substr(end, 1) == "." && end + 1 < line.size() && is_digit(line[end + 1])) end += 2;
  std::string as_http1(line.substr(0, at));
  as_http1.append("HTTP/1.1").append(line.substr(end));
  while (as_http1.ends_with(' ')) as_http1.pop_back();
  is_http1 = major == '1';
  return parse_start_line(as_http1);
}

bool is_pseudo_line(std::string_view line) {
  return std::any_of(kPseudo.begin(), kPseudo.end(), [&](std::string_view name) {
    const std::string_view behind = line.substr(std::min(name.size(), line.size()));
    return line.starts_with(name) && trim(behind.substr(0, behind.find(':') + 1)) == ":";
  });
}

bool is_head_at(std::string_view text) {
  const std::string_view line = first_line(text, kMaxRequestLine);
  const std::string_view bare = without_line_end(line);
  if (bare.size() == kMaxRequestLine) return false;
  if (is_pseudo_line(bare)) return true;
  bool is_http1 = true;
  return parse_any_start(bare, is_http1) && may_follow_start(text.substr(line.size()));
}

bool is_status_at(std::string_view text) {
  if (text.size() <= kProtocol.size() || !is_digit(text[kProtocol.size()])) return false;
  const std::string_view line = first_line(text, kMaxStatusLine);
  bool is_http1 = true;
  const auto head = parse_any_start(without_line_end(line), is_http1);
  return head && head->kind == Http1Kind::kResponse && may_follow_start(text.substr(line.size()));
}

void take_pseudo(std::string_view name, std::string_view value, Http1Head& head) {
  if (name == ":method") head.method = value;
  if (name == ":path") head.target = value;
  if (name != ":status") return;
  head.kind = Http1Kind::kResponse;
  for (const char c : value.substr(0, 3)) {
    if (is_digit(c)) head.status = head.status * 10 + static_cast<unsigned>(c - '0');
  }
}

// A field with its folded continuations (RFC 9112 section 5.2) and line ends.
std::string_view first_field(std::string_view text) {
  std::size_t end = first_line(text).size();
  if (without_line_end(text.substr(0, end)).empty()) return text.substr(0, end);
  while (end < text.size() && is_blank(text[end])) end += first_line(text.substr(end)).size();
  return text.substr(0, end);
}

// One line, continuations joined by a blank.
std::string unfolded(std::string_view field) {
  std::string out;
  while (!field.empty()) {
    const std::string_view line = first_line(field);
    field.remove_prefix(line.size());
    std::string_view bare = without_line_end(line);
    if (!out.empty()) {
      while (!bare.empty() && is_blank(bare.front())) bare.remove_prefix(1);
      out += ' ';
    }
    out += bare;
  }
  return out;
}

void redact_field_line(TextScanner& scanner, std::string_view raw, std::string& out) {
  const std::string line = unfolded(raw);
  const auto field = parse_field_line(line);
  if (!field) {
    const std::string safe = scanner.redact(line);
    out += safe == line ? std::string(raw)
                        : safe + std::string(raw.substr(without_line_end(raw).size()));
    return;
  }
  const std::string name = scanner.redact(field->name);
  const std::string value = redact_field_value(scanner, {field->name, field->value});
  if (value == field->value && name == field->name) {
    out += raw;
    return;
  }
  const auto name_begin = static_cast<std::size_t>(field->name.data() - line.data());
  const auto value_begin = static_cast<std::size_t>(field->value.data() - line.data());
  const std::size_t name_end = name_begin + field->name.size();
  out.append(line, 0, name_begin).append(name);
  out.append(line, name_end, value_begin - name_end).append(value);
  out.append(line, value_begin + field->value.size());
  out += raw.substr(without_line_end(raw).size());
}

void redact_start_line(TextScanner& scanner, const HeadText& head, std::string_view line,
                       std::string& out) {
  const std::string_view bare = without_line_end(line);
  const std::string_view part = head.head.kind == Http1Kind::kRequest
                                    ? std::string_view(head.head.target)
                                    : std::string_view(head.head.reason);
  const auto at = part.empty() ? bare.npos : bare.find(part, bare.find(' '));
  if (at == bare.npos) {
    out += scanner.redact(bare);
    out += line.substr(bare.size());
    return;
  }
  out += bare.substr(0, at);
  out += head.head.kind == Http1Kind::kRequest ? redact_url(scanner, part) : scanner.redact(part);
  out += line.substr(at + part.size());
}

// What a head may take of `text`: whole lines, so that no value is cut in two.
std::string_view head_window(std::string_view text) {
  if (text.size() <= kMaxHeadText) return text;
  return text.substr(0, text.substr(0, kMaxHeadText).rfind('\n') + 1);
}

}  // namespace

std::optional<HeadText> read_head_text(std::string_view text) {
  const std::string_view all = head_window(text);
  HeadText out;
  std::string_view rest = all;
  const std::string_view start = without_line_end(first_line(rest, kMaxRequestLine));
  out.is_list = is_pseudo_line(start);
  if (!out.is_list) {
    auto head = parse_any_start(start, out.has_framing);
    if (!head) return std::nullopt;
    out.head = *std::move(head);
    rest.remove_prefix(first_line(rest).size());
  }
  if (out.is_list) out.has_framing = false;
  while (!rest.empty()) {
    const std::string_view raw = first_field(rest);
    if (raw.find('\0') != raw.npos || out.head.fields.size() >= kMaxFields) break;
    rest.remove_prefix(raw.size());
    if (without_line_end(raw).empty()) break;
    const std::string line = unfolded(raw);
    const auto field = parse_field_line(line);
    if (!field) continue;
    if (out.is_list) take_pseudo(field->name, field->value, out.head);
    out.head.fields.push_back({std::string(field->name), std::string(field->value)});
  }
  out.raw = all.substr(0, all.size() - rest.size());
  if (out.raw.empty()) return std::nullopt;  // a list whose first line cannot be a field
  return out;
}

namespace {

// The first list of pseudo-headers behind a line end of `text`; its size when there is none.
std::size_t find_list(std::string_view text) {
  for (std::size_t at = text.find("\n:"); at != text.npos; at = text.find("\n:", at + 1)) {
    if (is_pseudo_line(first_line(text.substr(at + 1), kMaxNameAhead))) return at + 1;
  }
  return text.size();
}

std::size_t find_start_line(std::string_view text) {
  std::size_t line_begin = 0;
  std::size_t tried = 0;   // the line that was looked at as a request; the first one was before
  std::size_t looked = 0;  // for line ends, up to here
  for (std::size_t at = text.find(kProtocol); at != text.npos; at = text.find(kProtocol, at + 1)) {
    const auto end = text.substr(looked, at - looked).rfind('\n');
    if (end != text.npos) line_begin = looked + end + 1;
    looked = at;
    if (line_begin != tried && is_head_at(text.substr(line_begin))) return line_begin;
    tried = line_begin;
    if (is_status_at(text.substr(at))) return at;
  }
  return text.size();
}

}  // namespace

std::size_t find_head_text(std::string_view text) {
  if (is_head_at(text)) return 0;
  return find_list(text.substr(0, find_start_line(text)));
}

void redact_field_lines(TextScanner& scanner, std::string_view lines, std::string& out) {
  while (!lines.empty()) {
    const std::string_view raw = first_field(lines);
    lines.remove_prefix(raw.size());
    if (without_line_end(raw).empty()) {
      out += raw;
    } else {
      redact_field_line(scanner, raw, out);
    }
  }
}

void redact_head_text(TextScanner& scanner, const HeadText& head, std::string& out) {
  std::string_view lines = head.raw;
  if (!head.is_list) {
    const std::string_view start = first_line(lines);
    redact_start_line(scanner, head, start, out);
    lines.remove_prefix(start.size());
  }
  redact_field_lines(scanner, lines, out);
}

}  // namespace scopetrace
