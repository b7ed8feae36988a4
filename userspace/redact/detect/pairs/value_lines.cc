// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/pairs/value_lines.h"

#include <algorithm>

#include "userspace/redact/detect/cursor.h"
#include "userspace/redact/detect/line_look.h"
#include "userspace/redact/detect/pairs/value_end.h"
#include "userspace/redact/detect/placeholder.h"
#include "userspace/redact/rules/plausible.h"

namespace scopetrace {
namespace {

// Blanks and list marks before the first word of the line that begins at `begin`.
std::size_t indent_of(std::string_view text, std::size_t begin, std::size_t name) {
  return std::min(text.find_first_not_of(" \t-", begin), name) - begin;
}

}  // namespace

std::size_t take_block(ScanText& scan, TextRange name, std::string_view class_name,
                       std::vector<Finding>& findings) {
  const std::string_view text = scan.text;
  const std::size_t begin = line_begin(text, name.begin);
  const std::size_t indent = indent_of(text, begin, name.begin);
  std::size_t at = line_end(text, name.end) + 1;
  while (at < text.size() && at - name.begin < kMaxLookahead) {
    const std::size_t end = line_end(text, at);
    const std::size_t first = std::min(text.find_first_not_of(" \t\r", at), end);
    if (first < end && first - at <= indent) return at;
    if (first < end) findings.push_back({{first, end}, class_name});
    at = end + 1;
  }
  if (at >= text.size()) scan.wants_more(begin);
  return at;
}

void take_next_line(ScanText& scan, TextRange name, std::string_view class_name,
                    std::vector<Finding>& findings) {
  const std::string_view text = scan.text;
  const std::size_t begin = line_begin(text, name.begin);
  const std::size_t from = line_end(text, name.end) + 1;
  if (from >= text.size()) return scan.wants_more(begin);
  const std::size_t end = line_end(text, from);
  if (end == text.size()) scan.wants_more(begin);
  const std::size_t first = std::min(text.find_first_not_of(" \t", from), end);
  if (first - from <= indent_of(text, begin, name.begin)) return;
  TextRange value{first, end};
  while (value.end > value.begin && (is_space(text[value.end - 1]) || text[value.end - 1] == ','))
    --value.end;
  if (const auto quote = quote_at(text, value.begin)) {
    const StringEnd closed = string_end(text, value.begin + quote->size, *quote);
    if (closed.is_closed && closed.end <= value.end)
      value = {value.begin + quote->size, closed.end};
  }
  const std::string_view written = text.substr(value.begin, value.end - value.begin);
  if (written.find_first_of(": =") != written.npos || !is_secret_word(written)) return;
  if (is_plausible_value(class_name, written)) findings.push_back({value, class_name});
}

namespace {

// How the lines of a multipart body end: as they are sent, as escapes, or as a log has them.
struct LineEnds {
  std::string_view empty_line, boundary;
  bool is_escaped = false;
};

LineEnds line_ends_of(std::string_view head) {
  if (head.find("\\r\\n\\r\\n") != head.npos) return {"\\r\\n\\r\\n", "\\r\\n--", true};
  const auto end = head.find('\n');
  const bool is_plain =
      end != head.npos && end > 0 && head[end - 1] != '\r' && head.substr(end, 2) == "\n\n";
  return is_plain ? LineEnds{"\n\n", "\n--"} : LineEnds{"\r\n\r\n", "\r\n--"};
}

// Whether `name` stands in the head of a part, and is not the rest of one that is replaced.
bool is_name_of_part(std::string_view text, std::size_t line, TextRange name) {
  const std::string_view before = text.substr(line, name.begin - line);
  if (before.size() < 12 || before.find("form-data;") == before.npos) return false;
  return !text.substr(name.end).starts_with(kPlaceholderMark) || !placeholder_end(text, name.end);
}

}  // namespace

bool take_part(ScanText& scan, TextRange name, std::string_view class_name,
               std::vector<Finding>& findings) {
  constexpr std::size_t kMaxHead = 1024;
  const std::string_view text = scan.text;
  const std::size_t begin = line_begin(text, name.begin);
  if (!is_name_of_part(text, begin, name)) return false;
  const LineEnds ends = line_ends_of(text.substr(name.end, 256));
  const std::size_t limit = std::min(text.size(), name.end + kMaxHead);
  const auto empty = text.substr(0, limit).find(ends.empty_line, name.end);
  if (empty == text.npos) {
    if (name.end + kMaxHead >= text.size()) scan.wants_more(begin);
    return false;
  }
  const std::size_t from = empty + ends.empty_line.size();
  const std::string_view ahead = text.substr(0, std::min(text.size(), from + kMaxLookahead));
  // A body whose line ends are written as escapes stands on one line, whatever follows it.
  const std::size_t line = ends.is_escaped ? line_end(ahead, from) : ahead.size();
  const auto end = ahead.substr(0, line).find(ends.boundary, from);
  if (end == ahead.npos && line == text.size()) scan.wants_more(begin);
  // Without a boundary only the first line is known to be of the part.
  const std::size_t stop =
      end != ahead.npos ? end : std::min(ahead.find_first_of("\r\n", from), ahead.size());
  if (stop > from) findings.push_back({{from, stop}, class_name});
  return true;
}

}  // namespace scopetrace
