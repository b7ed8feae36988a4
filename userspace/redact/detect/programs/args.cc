// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/programs/args.h"

#include <algorithm>

#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

bool is_quote(char c) { return c == '"' || c == '\'' || c == '`'; }

}  // namespace

ArgReader::ArgReader(std::string_view text, std::size_t at, std::size_t limit)
    : text_(text.substr(0, std::min(text.size(), at + limit))), at_(at) {
  is_nul_ = at_ < text_.size() && text_[at_] == '\0';
  const std::size_t quote = at_ + escapes_at(at_);
  if (quote >= text_.size() || !is_quote(text_[quote])) return;
  at_ = quote + 1;  // "program", "argument"
  const std::size_t comma = text_.find_first_not_of(" \t", at_);
  is_list_ = comma != text_.npos && text_[comma] == ',';
  is_indexed_ = comma != text_.npos && index_at(comma) > 0;
}

// The length of a1= in front of a quotation mark.
std::size_t ArgReader::index_at(std::size_t at) const {
  std::size_t end = at + 1;
  if (text_[at] != 'a') return 0;
  while (end < text_.size() && is_digit(text_[end])) ++end;
  return end > at + 1 && text_.substr(end, 2) == "=\"" ? end + 1 - at : 0;
}

std::size_t ArgReader::escapes_at(std::size_t at) const {
  std::size_t count = 0;
  while (at + count < text_.size() && text_[at + count] == '\\') ++count;
  return count;
}

// How many characters at `at` stand between arguments: blanks, NUL as itself or written as \0, the
// punctuation of lists, a backslash that joins lines.
std::size_t ArgReader::gap_at(std::size_t at) const {
  const char c = text_[at];
  const char next = at + 1 < text_.size() ? text_[at + 1] : '\0';
  if (is_blank(c) || c == '\0') return 1;
  if (is_list_ && (c == ',' || c == '[' || c == '\n')) return 1;
  if (is_indexed_ && at > 0 && is_blank(text_[at - 1]) && index_at(at) > 0) return index_at(at);
  return c == '\\' && (next == '\n' || next == '0') ? 2 : 0;
}

void ArgReader::skip_gap() {
  while (at_ < text_.size() && gap_at(at_) > 0) at_ += gap_at(at_);
}

bool ArgReader::is_command_end() const {
  const char c = text_[at_];
  if (is_list_) return !is_quote(c) && c != '\\';
  const std::size_t escapes = escapes_at(at_);
  const char escaped = at_ + escapes < text_.size() ? text_[at_ + escapes] : '\n';
  if (escapes % 2 == 1 && (escaped == 'n' || escaped == 'r')) return true;
  return is_in(c, "\n\r|;&");
}

std::optional<Arg> ArgReader::next() {
  skip_gap();
  if (at_ >= text_.size() || is_command_end()) return std::nullopt;
  if (is_quote(text_[at_ + std::min(escapes_at(at_), text_.size() - at_ - 1)]))
    return read_quoted();
  if (is_list_) return std::nullopt;
  return read_bare();
}

// Up to the quote that is escaped as often as the opening one.
std::optional<Arg> ArgReader::read_quoted() {
  const std::size_t escapes = escapes_at(at_);
  const char quote = text_[at_ + escapes];
  const std::size_t begin = at_ + escapes + 1;
  for (std::size_t i = begin; i < text_.size();) {
    const std::size_t here = quote == '\'' && escapes == 0 && !is_list_ ? 0 : escapes_at(i);
    if (i + here < text_.size() && text_[i + here] == quote && here == escapes) {
      at_ = i + here + 1;
      return Arg{{begin, i}, true};
    }
    if (text_[i] == '\n') break;
    i += std::max<std::size_t>(here + (here > escapes ? 1 : 0), 1);
  }
  const Arg open{{begin, std::min(text_.find('\n', begin), text_.size())}, true};
  at_ = text_.size();
  return open;
}

bool ArgReader::ends_bare(std::size_t at) const {
  const char c = text_[at];
  if (c == '\n' || c == '\r' || c == '\0') return true;
  if (is_nul_) return false;
  const char next = at + 1 < text_.size() ? text_[at + 1] : '\n';
  if (c == '\\') return is_in(next, "nrt0\"'\n");
  return is_blank(c) || is_quote(c) || c == '|' || c == ';' || c == '>';
}

// A quote inside opens a stretch that may hold blanks when it is closed: -p'a b'.
Arg ArgReader::read_bare() {
  const std::size_t begin = at_;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    const auto close = is_quote(c) && at_ > begin && text_[at_ - 1] != '\\' && !is_nul_
                           ? text_.find(c, at_ + 1)
                           : text_.npos;
    if (close != text_.npos && text_.substr(at_, close - at_).find('\n') == text_.npos &&
        close > at_ + 1 && !is_space(text_[at_ + 1]) && text_[at_ + 1] != ',') {
      at_ = close + 1;
      continue;
    }
    if (ends_bare(at_)) break;
    at_ += text_.substr(at_, 2) == "\\\\" ? 2 : 1;  // a backslash that is escaped escapes nothing
  }
  at_ = std::min(at_, text_.size());
  const Arg arg{{begin, at_}, false};
  if (at_ < text_.size() && is_quote(text_[at_])) at_ = text_.size();  // the string around it ends
  if (at_ == begin) ++at_;
  return arg;
}

bool is_shell_variable(std::string_view value) {
  if (value.size() < 2 || value[0] != '$') return false;
  if (value[1] == '{' || value[1] == '(') return true;
  return std::all_of(value.begin() + 1, value.end(),
                     [](char c) { return is_upper(c) || is_digit(c) || c == '_'; });
}

TextRange unquoted(std::string_view text, TextRange value) {
  while (value.end - value.begin >= 2 && text[value.begin] == '\\') ++value.begin;
  if (value.end - value.begin < 2 || !is_quote(text[value.begin])) return value;
  const char quote = text[value.begin++];
  if (text[value.end - 1] == quote) --value.end;
  while (value.end > value.begin && text[value.end - 1] == '\\') --value.end;
  return value;
}

}  // namespace scopetrace
