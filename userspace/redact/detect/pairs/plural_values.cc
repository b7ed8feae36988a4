// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/pairs/plural_values.h"

#include <algorithm>
#include <array>
#include <optional>

#include "userspace/redact/detect/cursor.h"
#include "userspace/redact/detect/line_look.h"
#include "userspace/redact/detect/pairs/value_end.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr int kMaxItems = 256;
constexpr std::size_t kMaxType = 24;  // []string{, Array(, List.of(

bool is_closing(char c) { return c == ']' || c == '}' || c == ')'; }
bool is_opening(char c) { return c == '[' || c == '{' || c == '('; }
bool is_item_char(char c) {
  return !is_space(c) && !is_closing(c) && !is_quote(c) && !is_in(c, ",;<>&");
}

// A password of any strength; of everything else what no name of a file or an object looks like.
bool is_listed_secret(std::string_view class_name, std::string_view item) {
  if (!is_plausible_value(class_name, item)) return false;
  if (class_name.find("passw") != class_name.npos)
    return item.size() >= 6 && is_secret_word(item) && has_digit(item) && has_letter(item);
  if (!is_random_token(item)) return false;
  const bool is_mixed = std::any_of(item.begin(), item.end(), is_upper) &&
                        std::any_of(item.begin(), item.end(), is_lower);
  return is_mixed || 4 * count_digits(item) >= item.size();
}

bool is_uuid(std::string_view item) {
  return item.size() == 36 && item[8] == '-' && item[13] == '-' && item[18] == '-' &&
         item[23] == '-' && item.find_first_not_of("0123456789abcdefABCDEF-") == item.npos;
}

// What the tokens of Consul's agents are for; they are UUIDs.
bool is_consul_token(std::string_view key) {
  constexpr std::array<std::string_view, 9> kKeys = {"agent",
                                                     "default",
                                                     "replication",
                                                     "initial_management",
                                                     "master",
                                                     "agent_recovery",
                                                     "agent_master",
                                                     "dns",
                                                     "config_file_service_registration"};
  return std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end();
}

class Container {
 public:
  Container(ScanText& scan, TextRange name, std::string_view class_name,
            std::vector<Finding>& findings)
      : scan_(scan),
        name_(name),
        class_name_(class_name),
        findings_(findings),
        cursor_{scan.text.substr(0, std::min(scan.text.size(), name.end + kMaxLookahead)),
                name.end} {}

  void take();

 private:
  bool skip_sign();
  void skip_type();
  void take_items();
  void take_lines();
  void take_row();
  void take_elements();
  bool take_item();
  void add(TextRange item);
  bool is_cut() const { return cursor_.at >= scan_.text.size(); }

  ScanText& scan_;
  TextRange name_;
  std::string_view key_ = {};  // of the item at hand
  std::string_view class_name_;
  std::vector<Finding>& findings_;
  Cursor cursor_;
};

void Container::add(TextRange item) {
  const std::string_view written = cursor_.text.substr(item.begin, item.end - item.begin);
  const bool is_token = is_uuid(written) && is_consul_token(key_);
  if (is_token || is_listed_secret(class_name_, written)) findings_.push_back({item, class_name_});
  key_ = written;
}

// Over the name's quotation mark and = : := =>.
bool Container::skip_sign() {
  Cursor index = cursor_;  // name[], name[0]
  if (index.takes("[")) {
    while (is_digit(index.peek())) ++index.at;
    if (index.takes("]")) cursor_ = index;
  }
  if (const auto quote = quote_at(cursor_.text, cursor_.at)) cursor_.at += quote->size;
  if (cursor_.peek() == '>') return ++cursor_.at, true;
  cursor_.skip_blanks();
  const std::size_t begin = cursor_.at;
  while (is_in(cursor_.peek(), ":=>")) ++cursor_.at;
  if (cursor_.at == begin) return cursor_.peek() == '{';  // a block of HCL
  return cursor_.at - begin <= 2;
}

// []string, Array, new String[], List.of in front of the bracket.
void Container::skip_type() {
  Cursor ahead = cursor_;
  while (ahead.at - cursor_.at < kMaxType && (is_alnum(ahead.peek()) || ahead.peek() == '.' ||
                                              ahead.peek() == ' ' || ahead.starts_with("[]")))
    ahead.at += ahead.peek() == '[' ? 2 : 1;
  if (is_opening(ahead.peek())) cursor_ = ahead;
}

void Container::take() {
  const bool is_tag = name_.begin > 0 && cursor_.text[name_.begin - 1] == '<';
  if (!skip_sign()) return;
  if (is_tag) return take_elements();
  cursor_.skip_blanks();
  if (cursor_.is_at_line_end()) {
    take_lines();
  } else {
    skip_type();
    if (is_opening(cursor_.peek())) {
      ++cursor_.at;
      take_items();
    } else {
      take_row();
    }
  }
  if (is_cut()) scan_.wants_more(name_.begin);
}

// The string or word at the cursor. False when neither stands there.
bool Container::take_item() {
  if (const auto quote = quote_at(cursor_.text, cursor_.at)) {
    const std::size_t begin = cursor_.at + quote->size;
    const StringEnd end = string_end(cursor_.text, begin, *quote);
    cursor_.at = end.end + (end.is_closed ? quote->size : 0);
    Cursor behind = cursor_;
    behind.skip_spaces();
    if (behind.peek() == ':') key_ = cursor_.text.substr(begin, end.end - begin);
    if (behind.peek() != ':' && end.is_closed) add({begin, end.end});
    return end.is_closed;
  }
  const std::size_t begin = cursor_.at;
  while (!cursor_.is_over() && is_item_char(cursor_.peek())) ++cursor_.at;
  if (cursor_.at > begin && cursor_.text[cursor_.at - 1] != ':') add({begin, cursor_.at});
  return cursor_.at > begin;
}

// Up to the closing bracket; of a map its values.
void Container::take_items() {
  for (int i = 0; i < kMaxItems && !cursor_.is_over(); ++i) {
    cursor_.skip_spaces();
    while (cursor_.peek() == ',' || cursor_.peek() == ':' || cursor_.peek() == '=') ++cursor_.at;
    cursor_.skip_spaces();
    if (is_closing(cursor_.peek()) || is_opening(cursor_.peek()) || !take_item()) return;
  }
}

// value, value up to the end of the line
void Container::take_row() {
  for (int i = 0; i < kMaxItems && take_item(); ++i) {
    if (cursor_.peek() != ',' && cursor_.peek() != ';') return;
    ++cursor_.at;
    cursor_.skip_blanks();
  }
}

// "- value" or "name: value" in the lines below, further indented or a list.
void Container::take_lines() {
  const std::size_t begin = line_begin(cursor_.text, name_.begin);
  const std::size_t indent =
      std::min(cursor_.text.find_first_not_of(" -", begin), name_.begin) - begin;
  for (int i = 0; i < kMaxItems; ++i) {
    cursor_.at = line_end(cursor_.text, cursor_.at) + 1;
    if (cursor_.at >= cursor_.text.size()) return;
    const std::size_t line = cursor_.at;
    while (cursor_.peek() == ' ') ++cursor_.at;
    const std::size_t depth = cursor_.at - line;
    const bool is_list = cursor_.takes("- ");
    if (depth < indent || (depth == indent && !is_list)) return;
    const std::size_t end = line_end(cursor_.text, cursor_.at);
    const auto colon = cursor_.text.substr(0, end).find(": ", cursor_.at);
    if (colon != std::string_view::npos) cursor_.at = colon + 2;
    take_item();
  }
}

// <item>value</item>, of any name
void Container::take_elements() {
  for (int i = 0; i < kMaxItems; ++i) {
    cursor_.skip_spaces();
    if (cursor_.peek() != '<' || cursor_.peek(1) == '/') break;
    const auto open = cursor_.text.find_first_of(">\n", cursor_.at);
    if (open == std::string_view::npos || cursor_.text[open] != '>') break;
    const auto close = cursor_.text.find('<', open);
    if (close == std::string_view::npos || cursor_.text.substr(close, 2) != "</") break;
    add({open + 1, close});
    cursor_.at = std::min(cursor_.text.find('>', close), cursor_.text.size() - 1) + 1;
  }
  if (cursor_.text.size() == scan_.text.size() && cursor_.at + kMaxType >= cursor_.text.size())
    scan_.wants_more(name_.begin);
}

}  // namespace

std::string_view plural_class(const NameTable& names, std::string_view name) {
  if (name.size() < 5 || to_lower(name.back()) != 's') return {};
  const std::string_view one = name.substr(0, name.size() - 1);
  if (to_lower(one.back()) == 's') return {};  // pass, access
  const NameTable::Match match = names.match(one);
  return match.needs_look || names.is_personal(match.class_name) ? std::string_view()
                                                                 : match.class_name;
}

void take_plural(ScanText& scan, TextRange name, std::string_view class_name,
                 std::vector<Finding>& findings) {
  Container(scan, name, class_name, findings).take();
}

}  // namespace scopetrace
