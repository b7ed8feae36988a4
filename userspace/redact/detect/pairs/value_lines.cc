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

bool take_part(ScanText& scan, TextRange name, std::string_view class_name,
               std::vector<Finding>& findings) {
  const std::string_view text = scan.text;
  const std::size_t begin = line_begin(text, name.begin);
  const std::string_view before = text.substr(begin, name.begin - begin);
  if (before.size() < 12 || before.find("form-data;") == before.npos) return false;
  const std::string_view head = text.substr(name.end, 256);
  const bool is_replaced =
      head.starts_with(kPlaceholderMark) && placeholder_end(text, name.end).has_value();
  if (is_replaced) return false;  // the rest of the name
  const bool is_escaped = head.find("\\r\\n\\r\\n") != text.npos;
  const auto line_end_at = head.find('\n');  // in a log
  const bool is_plain = !is_escaped && line_end_at != head.npos && line_end_at > 0 &&
                        head[line_end_at - 1] != '\r' &&
                        head.substr(line_end_at, 2) == "\n\n";  // in a log
  const std::string_view mark = is_escaped ? "\\r\\n\\r\\n" : is_plain ? "\n\n" : "\r\n\r\n";
  const auto empty = text.substr(0, std::min(text.size(), name.end + 1024)).find(mark, name.end);
  if (empty == text.npos) {
    if (name.end + 1024 >= text.size()) scan.wants_more(begin);
    return false;
  }
  const std::size_t from = empty + mark.size();
  const std::string_view ahead = text.substr(0, std::min(text.size(), from + kMaxLookahead));
  // A body whose line ends are written as escapes stands on one line, whatever follows it.
  const std::size_t line = is_escaped ? line_end(ahead, from) : ahead.size();
  const std::string_view boundary = is_escaped ? "\\r\\n--" : is_plain ? "\n--" : "\r\n--";
  const auto end = ahead.substr(0, line).find(boundary, from);
  if (end == ahead.npos && line == text.size()) scan.wants_more(begin);
  // Without a boundary only the first line is known to be of the part.
  const std::size_t stop =
      end != ahead.npos ? end : std::min(ahead.find_first_of("\r\n", from), ahead.size());
  if (stop > from) findings.push_back({{from, stop}, class_name});
  return true;
}

}  // namespace scopetrace
