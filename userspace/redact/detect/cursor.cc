// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/cursor.h"

#include <iterator>

namespace scopetrace {
namespace {

struct WrittenQuote {
  std::string_view open;
  std::string_view close;
};
constexpr WrittenQuote kWritten[] = {{"&quot;", "&quot;"}, {"&#34;", "&#34;"}, {"&#39;", "&#39;"},
                                     {"&apos;", "&apos;"}, {"“", "”"},         {"„", "“"},
                                     {"‘", "’"},           {"«", "»"}};

// Behind the colour of a terminal at `at`, or `at`.
std::size_t colour_end(std::string_view text, std::size_t at) {
  constexpr std::size_t kMaxColour = 16;
  if (text.substr(at, 2) != "\x1b[") return at;
  std::size_t end = at + 2;
  while (end < text.size() && end - at < kMaxColour && (is_digit(text[end]) || text[end] == ';'))
    ++end;
  return end < text.size() && text[end] == 'm' ? end + 1 : at;
}

}  // namespace

void Cursor::skip_emphasis() {
  while (is_in(peek(), "\x1b<*")) {
    const std::size_t end = peek() == '\x1b' ? colour_end(text, at) : at;
    if (end > at) {
      at = end;
      continue;
    }
    if (takes("</b>") || takes("</strong>")) continue;
    if (peek(2) == '*' || !takes("**")) return;
  }
}

std::optional<Quote> quote_at(std::string_view text, std::size_t at) {
  std::size_t mark = at;
  while (mark < text.size() && text[mark] == '\\') ++mark;
  if (mark >= text.size()) return std::nullopt;
  const char c = text[mark];
  if (is_quote(c)) {
    const bool is_triple = text.substr(mark, 3) == std::string_view(c == '"' ? "\"\"\"" : "'''");
    if (!is_triple) return Quote{c, mark - at, {}, mark + 1 - at};
    return Quote{c, mark - at, c == '"' ? "\"\"\"" : "'''", mark + 3 - at};
  }
  if (c != '&' && static_cast<unsigned char>(c) < 0x80) return std::nullopt;
  for (const WrittenQuote& written : kWritten) {
    if (text.substr(at).starts_with(written.open))
      return Quote{'\0', 0, written.close, written.open.size()};
  }
  return std::nullopt;
}

std::optional<std::size_t> quote_begin(std::string_view text, std::size_t end) {
  if (end == 0) return std::nullopt;
  std::size_t at = end - 1;
  if (is_quote(text[at])) {
    while (at > 0 && text[at - 1] == '\\') --at;
    return at;
  }
  if (text[at] != ';' && static_cast<unsigned char>(text[at]) < 0x80) return std::nullopt;
  for (const WrittenQuote& written : kWritten) {
    if (text.substr(0, end).ends_with(written.open)) return end - written.open.size();
  }
  return std::nullopt;
}

}  // namespace scopetrace
