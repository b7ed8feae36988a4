// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/programs/fed_secrets.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "userspace/redact/detect/line_look.h"
#include "userspace/redact/detect/look_ahead.h"
#include "userspace/redact/detect/programs/args.h"
#include "userspace/redact/rules/plausible.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxPipe = 256;  // bytes in front of the program
constexpr std::size_t kMaxFed = 2048;  // bytes of a heredoc or list
constexpr std::size_t kMaxLine = 512;  // of the command behind the program
constexpr int kMaxWords = 8;           // of one echo
constexpr int kMaxLines = 32;          // of a heredoc or list

class Feed {
 public:
  Feed(ScanText& scan, TextRange at, bool has_user, std::vector<Finding>& findings)
      : scan_(scan), text_(scan.text), at_(at), has_user_(has_user), findings_(findings) {}

  void take_piped();
  void take_here();
  void take_list();

 private:
  std::string_view slice(TextRange range) const {
    return text_.substr(range.begin, range.end - range.begin);
  }
  void add(TextRange value);
  void add_lines(TextRange value);
  void take_words(std::size_t begin, std::size_t end);
  void take_heredoc(std::size_t at);
  std::optional<TextRange> item_at(TextRange line, std::size_t indent) const;
  void take_list_lines(TextRange key);
  bool asks_for_help() const;

  ScanText& scan_;
  std::string_view text_;
  TextRange at_;
  bool has_user_;
  std::vector<Finding>& findings_;
};

bool is_user_char(char c) { return is_alnum(c) || is_in(c, "_-.@$"); }

// user:password, or the password alone.
void Feed::add(TextRange value) {
  value = unquoted(text_, value);
  if (has_user_) {
    std::size_t colon = value.begin;
    while (colon < value.end && is_user_char(text_[colon])) ++colon;
    if (colon == value.begin || colon >= value.end || text_[colon] != ':') return;
    value.begin = colon + 1;
  }
  const std::string_view written = slice(value);
  if (written.empty() || is_shell_variable(written) || written == "RANDOM") return;
  if (is_plausible_value("generic-password", written))
    findings_.push_back({value, "generic-password"});
}

// Lines whose ends are written as \n.
void Feed::add_lines(TextRange value) {
  value = unquoted(text_, value);
  while (value.begin < value.end) {
    const auto end = std::min(text_.find("\\n", value.begin), value.end);
    if (end > value.begin) add({value.begin, end});
    value.begin = end + 2;
  }
}

// The arguments of one echo or printf, up to `end`.
void Feed::take_words(std::size_t begin, std::size_t end) {
  ArgReader reader(text_, begin, end - begin);
  for (int i = 0; i < kMaxWords; ++i) {
    const auto arg = reader.next();
    if (!arg) return;
    const std::string_view written = slice(arg->inner);
    const bool is_format = written.starts_with('-') || written.find("%s") != written.npos;
    if (!is_format) add_lines(arg->inner);
  }
}

// program --help reads nothing.
bool Feed::asks_for_help() const {
  const std::string_view line = text_.substr(at_.begin, kMaxLine);
  const std::string_view command = line.substr(0, line.find_first_of("\n|"));
  return command.find("--help") != command.npos || command.find("--version") != command.npos;
}

// echo X | program, (echo X; echo X) | program
void Feed::take_piped() {
  const std::size_t from =
      std::max(line_begin(text_, at_.begin), at_.begin > kMaxPipe ? at_.begin - kMaxPipe : 0);
  const std::string_view before = text_.substr(from, at_.begin - from);
  const auto pipe = before.rfind('|');
  if (pipe == before.npos || asks_for_help()) return;
  std::string_view command = trim(before.substr(0, pipe));
  const bool is_group = command.ends_with(')') || command.ends_with('}');
  if (is_group) command.remove_suffix(1);
  std::size_t limit = from + command.size();
  for (const std::string_view word : {"echo ", "printf "}) {
    for (auto at = command.rfind(word); at != command.npos;
         at = command.substr(0, at).rfind(word)) {
      take_words(from + at + word.size() - 1, limit);
      if (!is_group) return;
      limit = from + at;
    }
  }
}

// program <<< X, program <<END
void Feed::take_here() {
  const std::string_view ahead = text_.substr(0, std::min(text_.size(), at_.end + kMaxLine));
  const std::size_t stop = std::min(ahead.find_first_of("\n|;", at_.end), ahead.size());
  if (stop == text_.size()) wants_line(scan_, at_.begin);
  const auto here = ahead.find("<<", at_.end);
  if (here >= stop) return;
  if (ahead.substr(here, 3) != "<<<") return take_heredoc(here + 2);
  ArgReader reader(text_, here + 3, kMaxLine);
  if (const auto arg = reader.next()) add_lines(arg->inner);
}

// The lines up to the word behind <<; of a single password the first.
void Feed::take_heredoc(std::size_t at) {
  const std::string_view ahead = text_.substr(0, std::min(text_.size(), at + kMaxFed));
  at = std::min(ahead.find_first_not_of("- '\"\\", at), ahead.size());
  std::size_t end = at;
  while (end < ahead.size() && (is_alnum(ahead[end]) || ahead[end] == '_')) ++end;
  const std::string_view mark = ahead.substr(at, end - at);
  if (mark.empty()) return;
  for (int i = 0; i < kMaxLines; ++i) {
    const std::size_t begin = line_end(ahead, end) + 1;
    if (begin >= ahead.size()) break;
    end = line_end(ahead, begin);
    if (end == ahead.size()) break;
    const std::string_view line = trim(slice({begin, end}));
    if (line == mark) return;
    const auto first = static_cast<std::size_t>(line.data() - text_.data());
    if (has_user_ || i == 0) add({first, first + line.size()});
  }
  if (ahead.size() == text_.size()) wants_line(scan_, at_.begin);
}

// chpasswd: of cloud-init, and its list of user:password below.
void Feed::take_list() {
  constexpr std::array<std::string_view, 2> kLists = {"list:", "users:"};
  const std::string_view ahead = text_.substr(0, std::min(text_.size(), at_.end + kMaxFed));
  std::size_t end = line_end(ahead, at_.end);
  for (int i = 0; i < 4 && end < ahead.size(); ++i) {
    const std::size_t begin = end + 1;
    end = line_end(ahead, begin);
    const std::size_t first = std::min(ahead.find_first_not_of(' ', begin), end);
    if (first == begin && first < end) return;
    const std::string_view line = ahead.substr(first, end - first);
    if (std::any_of(kLists.begin(), kLists.end(),
                    [&](std::string_view key) { return line.starts_with(key); }))
      return take_list_lines({first, end});
  }
  if (ahead.size() == text_.size()) wants_line(scan_, at_.begin);
}

// The word of a line of the list that is indented by `indent`, behind its mark; empty when the line
// holds more. Nothing when it is no line of the list.
std::optional<TextRange> Feed::item_at(TextRange line, std::size_t indent) const {
  const std::size_t first = std::min(text_.find_first_not_of(' ', line.begin), line.end);
  const std::size_t depth = first - line.begin;
  const bool is_item = text_.substr(first, 2) == "- ";
  const bool is_below = first == line.end || depth > indent || (depth == indent && is_item);
  if (!is_below) return std::nullopt;
  const std::string_view written = trim(slice({first + (is_item ? 2 : 0), line.end}));
  const auto at = static_cast<std::size_t>(written.data() - text_.data());
  return TextRange{at, at + (written.find(' ') == written.npos ? written.size() : 0)};
}

// The lines below `key` that are further indented, or items of a list.
void Feed::take_list_lines(TextRange key) {
  const std::size_t indent = key.begin - line_begin(text_, key.begin);
  std::size_t end = key.end;
  for (int i = 0; i < kMaxLines && end + 1 < text_.size() && end - key.end < kMaxFed; ++i) {
    const std::size_t begin = end + 1;
    end = near_line_end(text_, begin);
    const auto item = item_at({begin, end}, indent);
    if (!item) return;
    if (item->end > item->begin) add(*item);
  }
  if (end + 1 >= text_.size()) wants_line(scan_, at_.begin);
}

}  // namespace

void take_fed(ScanText& scan, TextRange at, bool has_user, std::vector<Finding>& findings) {
  if (scan.text[at.begin] == '|') ++at.begin;
  Feed feed(scan, at, has_user, findings);
  feed.take_piped();
  const bool is_key = at.end < scan.text.size() && scan.text[at.end] == ':';
  if (is_key && has_user) return feed.take_list();
  feed.take_here();
}

}  // namespace scopetrace
