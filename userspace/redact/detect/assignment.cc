// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/assignment.h"

#include <algorithm>
#include <array>

#include "userspace/redact/detect/paired_value.h"
#include "userspace/redact/detect/value_wrapper.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxName = 128;
constexpr std::size_t kMaxArgument = 4096;
constexpr std::size_t kMaxBraced = 256;

// "36m" of a colour.
std::size_t colour_size(std::string_view run) {
  std::size_t at = 0;
  while (at < run.size() && is_digit(run[at])) ++at;
  return at > 0 && at < run.size() && run[at] == 'm' ? at + 1 : 0;
}

// The length of an escape that a run of name characters begins with, behind the character
// `before`: "3D" behind %, "n", "u0026" or "x22" behind a backslash, "36m" behind [ of a colour.
std::size_t escape_size(std::string_view run, char before) {
  if (run.empty()) return 0;
  switch (before) {
    case '%':
      return run.size() >= 2 && hex_value(run[0]) >= 0 ? 2 : 0;
    case '\\':
      return run[0] == 'u' ? 5 : run[0] == 'x' ? 3 : 1;
    case '[':
      return colour_size(run);
    default:
      return 0;
  }
}

bool has_dashes(std::string_view text, TextRange name) {
  return name.begin > 0 && text[name.begin - 1] == '-';
}

// The character before the name and its quotation mark.
char before_quote(std::string_view text, TextRange name) {
  std::size_t at = quote_begin(text, name.begin).value_or(name.begin);
  if (at > 1 && (text[at - 1] == 'b' || text[at - 1] == 'u' || text[at - 1] == 'L') &&
      !is_alnum(text[at - 2]))
    --at;
  while (at > 0 && is_blank(text[at - 1])) --at;
  return at > 0 ? text[at - 1] : '\0';
}

bool is_default_of_variable(std::string_view text, TextRange name) {
  return name.begin > 1 && text[name.begin - 1] == '{' && text[name.begin - 2] == '$';
}

// What stands behind one name: its closing quotation mark, a sign, a value.
class PairReader {
 public:
  PairReader(std::string_view text, TextRange name) : name_(name), cursor_{text, name.end} {}

  std::optional<Assignment> read();

 private:
  std::optional<Assignment> read_sign();
  std::optional<Assignment> read_equals();
  std::optional<Assignment> read_colon();
  std::optional<Assignment> read_list();
  std::optional<Assignment> read_call();
  std::optional<Assignment> read_bar();
  std::optional<Assignment> read_default();
  std::optional<Assignment> read_blank();
  std::optional<Assignment> read_known(bool is_said) const;
  Assignment read_argument();
  Assignment read_prose();
  bool takes_escaped_tag();
  void skip_to_sign();
  bool skip_name_end();
  void skip_bounds();
  Assignment value(Tie tie) const { return read_value(cursor_, name_, tie); }

  TextRange name_;
  Cursor cursor_;
  bool is_quoted_ = false;
  bool has_blank_ = false;
};

// Over what closes the name: colours, quotation marks, index brackets. False when that is none.
bool PairReader::skip_name_end() {
  cursor_.skip_emphasis();
  if (const auto quote = quote_at(cursor_.text, cursor_.at)) {
    cursor_.at += quote->size;
    is_quoted_ = true;
  } else if (cursor_.peek() == '\\') {
    return false;
  }
  skip_bounds();
  while (cursor_.peek() == ']' || (is_quoted_ && (cursor_.peek() == ')' || cursor_.peek() == '}')))
    ++cursor_.at;
  if (is_quoted_ && cursor_.takes(">>")) return true;
  cursor_.skip_emphasis();
  return true;
}

// name[64] of C
void PairReader::skip_bounds() {
  if (cursor_.peek() != '[') return;
  Cursor ahead = cursor_;
  ++ahead.at;
  while (is_digit(ahead.peek())) ++ahead.at;
  if (ahead.takes("]")) cursor_ = ahead;
}

// Formats in which a name and its value are two strings, or have their lengths before them.
std::optional<Assignment> PairReader::read_known(bool is_said) const {
  const bool may_be_pair =
      is_said && (is_quoted_ || cursor_.peek() == '<' || cursor_.peek() == ',');
  if (may_be_pair) {
    if (auto pair = paired_value(cursor_.text, name_, cursor_.at)) return pair;
  }
  return is_quoted_ ? serialized_value(cursor_.text, name_, cursor_.at) : std::nullopt;
}

// &lt;name&gt;
bool PairReader::takes_escaped_tag() {
  return cursor_.text.substr(0, name_.begin).ends_with("&lt;") && cursor_.takes("&gt;");
}

// Over blanks, and the mark of a name that may be missing: name?: of TypeScript.
void PairReader::skip_to_sign() {
  const std::size_t begin = cursor_.at;
  if ((cursor_.peek() == '?' || cursor_.peek() == '!') && cursor_.peek(1) == ':') ++cursor_.at;
  cursor_.skip_blanks();
  has_blank_ = cursor_.at > begin;
}

std::optional<Assignment> PairReader::read() {
  if (!skip_name_end()) return std::nullopt;
  const bool is_said = is_said_name(cursor_.text, name_);
  if (auto found = read_known(is_said)) return found;
  if (cursor_.peek() == '(' && !is_quoted_) return read_call();
  if (takes_escaped_tag()) return value(Tie::kElement);
  skip_to_sign();
  if (auto found = read_sign()) return found;
  if (is_said && cursor_.is_at_line_end()) return paired_value(cursor_.text, name_, cursor_.at);
  return read_blank();
}

std::optional<Assignment> PairReader::read_sign() {
  const char next = cursor_.peek(1);
  switch (cursor_.peek()) {
    case '=':
      return read_equals();
    case ':':
      return read_colon();
    case '-':
      if (next != '>') return std::nullopt;
      cursor_.at += 2;
      return value(Tie::kEquals);
    case '?':
    case '+':
      if (next == '?') return read_default();
      if (next != '=') return std::nullopt;
      cursor_.at += 2;
      return value(Tie::kEquals);
    case ',':
      return read_list();
    case '|':
      return next == '|' ? read_default() : read_bar();
    case '{':
      if (!is_quoted_) return std::nullopt;
      return paired_value(cursor_.text, name_, cursor_.at + 1);
    default:
      return cursor_.starts_with("or ") && is_quoted_ ? read_default() : std::nullopt;
  }
}

std::optional<Assignment> PairReader::read_equals() {
  const std::size_t begin = cursor_.at;
  while (cursor_.peek() == '=') ++cursor_.at;
  const bool is_comparison = cursor_.at > begin + 1;
  if (cursor_.peek() == '>' || cursor_.peek() == '~') ++cursor_.at;
  const Assignment found = value(Tie::kEquals);
  if (is_comparison && !found.is_quoted) return std::nullopt;
  return found;
}

std::optional<Assignment> PairReader::read_colon() {
  ++cursor_.at;
  if (cursor_.peek() == ':' && is_blank(cursor_.peek(1))) ++cursor_.at;  // LDIF
  const char c = cursor_.peek();
  if (c == ':' || (c == '/' && cursor_.peek(1) == '/')) return std::nullopt;
  const bool is_default = is_default_of_variable(cursor_.text, name_);
  if (c == '=' || (c == '-' && is_default)) {
    ++cursor_.at;
    return value(Tie::kEquals);
  }
  Cursor ahead = cursor_;  // Rust
  ahead.skip_blanks();
  if (ahead.takes("&'static str") || ahead.takes("&str")) cursor_.at = ahead.at - 3;
  const Assignment found = value(Tie::kColon);
  // password: str = "value": the type is no value.
  if (const auto behind = behind_type(cursor_.text, found)) {
    cursor_.at = *behind;
    return value(Tie::kEquals);
  }
  return found;
}

// ("name", "value"), ["--name", "value"], {name,"value"}
std::optional<Assignment> PairReader::read_list() {
  const char opening = before_quote(cursor_.text, name_);
  const bool is_option = has_dashes(cursor_.text, name_);
  if (!is_quoted_ && opening != '{') return std::nullopt;
  ++cursor_.at;
  cursor_.skip_spaces();
  Cursor ahead = cursor_;
  skip_wrapper(ahead);
  if (!quote_at(ahead.text, ahead.at)) return std::nullopt;
  if (!is_option && std::string_view("([{,").find(opening) == std::string_view::npos)
    return std::nullopt;
  return value(is_option ? Tie::kOption : Tie::kArgument);
}

// setName("value"), .name("value")
std::optional<Assignment> PairReader::read_call() {
  ++cursor_.at;
  if (!quote_at(cursor_.text, cursor_.at)) return std::nullopt;
  Assignment found = value(Tie::kArgument);
  return found.is_quoted ? std::optional(found) : std::nullopt;
}

std::optional<Assignment> PairReader::read_bar() {
  if (!has_blank_) return std::nullopt;
  ++cursor_.at;
  return value(Tie::kCell);
}

// What stands in when the variable is not set: || "value", ?? "value", or "value".
std::optional<Assignment> PairReader::read_default() {
  cursor_.at += 2;
  if (cursor_.peek() == '=') ++cursor_.at;  // Ruby: ||=
  cursor_.skip_blanks();
  if (!quote_at(cursor_.text, cursor_.at)) return std::nullopt;
  return value(Tie::kEquals);
}

std::optional<Assignment> PairReader::read_blank() {
  const bool is_option = has_dashes(cursor_.text, name_);
  if (cursor_.peek() == '\0' && !cursor_.is_over() && !is_quoted_)
    return is_option ? std::optional(read_argument()) : std::nullopt;
  if (!has_blank_ || cursor_.is_at_line_end()) return std::nullopt;
  if (is_option) return value(Tie::kOption);
  return is_quoted_ ? std::nullopt : std::optional(read_prose());
}

// --name NUL value: argv as the kernel has it.
Assignment PairReader::read_argument() {
  ++cursor_.at;
  Assignment found = value(Tie::kOption);
  const auto end = cursor_.text.substr(0, cursor_.at + kMaxArgument).find('\0', cursor_.at);
  if (end != std::string_view::npos) found.value = {cursor_.at, end};
  return found;
}

// name is value, name generated: value, name string = "value" of Go
Assignment PairReader::read_prose() {
  if (cursor_.takes("is ") || cursor_.takes("was ")) return value(Tie::kBlank);
  const Assignment found = value(Tie::kBlank);
  const bool goes_on = !found.is_quoted && found.value.end > found.value.begin &&
                       cursor_.text[found.value.end - 1] == ':';
  if (goes_on) {
    cursor_.at = found.value.end;
    return value(Tie::kBlank);
  }
  if (const auto behind = behind_type(cursor_.text, found)) {
    cursor_.at = *behind;
    return value(Tie::kEquals);
  }
  return found;
}

Assignment read_quoted(Cursor cursor, const Quote& quote, TextRange name, Assignment found) {
  const std::size_t begin = cursor.at + quote.size;
  const StringEnd end = string_end(cursor.text, begin, quote);
  found.is_quoted = end.is_closed;
  found.value = {begin, std::max(begin, end.end)};
  const bool is_cut = !end.is_closed && end.end < cursor.text.size();
  if (is_cut) found.value.end = std::max(begin, bare_end(cursor.text, begin, name));
  return found;
}

// YAML: | or > and the value in the lines below.
bool opens_block(Cursor cursor) {
  if (cursor.peek() != '|' && cursor.peek() != '>') return false;
  ++cursor.at;
  if (is_digit(cursor.peek())) ++cursor.at;
  if (cursor.peek() == '-' || cursor.peek() == '+') ++cursor.at;
  cursor.skip_blanks();
  return cursor.is_over() || cursor.peek() == '\n' || cursor.starts_with("\r\n");
}

// ODBC: name={value}; with any characters between the braces.
std::optional<TextRange> braced_value(const Cursor& cursor) {
  if (cursor.peek() != '{') return std::nullopt;
  const std::string_view head = cursor.text.substr(cursor.at, kMaxBraced);
  const auto end = head.find_first_of("}\n\"");
  if (end == head.npos || head[end] != '}') return std::nullopt;
  const char next = cursor.peek(end + 1);
  if (next != ';' && next != '\0' && !is_quote(next)) return std::nullopt;
  return TextRange{cursor.at + 1, cursor.at + end};
}

}  // namespace

Assignment read_value(Cursor cursor, TextRange name, Tie tie) {
  Assignment found;
  found.tie = tie;
  const std::size_t begin = cursor.at;
  cursor.skip_blanks();
  found.is_spaced = cursor.at > begin;
  skip_wrapper(cursor);
  found.value = {cursor.at, cursor.at};
  if (cursor.is_at_line_end()) return found;
  if (const auto quote = quote_at(cursor.text, cursor.at)) {
    return read_quoted(cursor, *quote, name, found);
  }
  const auto braced = tie == Tie::kEquals && !found.is_spaced ? braced_value(cursor) : std::nullopt;
  if (braced) {
    found.value = *braced;
    found.is_quoted = true;
    return found;
  }
  if (tie == Tie::kColon && opens_block(cursor)) {
    found.opens_block = true;
    return found;
  }
  found.value.end = bare_end(cursor.text, cursor.at, name);
  Cursor behind{cursor.text, found.value.end};
  behind.skip_blanks();
  found.fills_line = behind.is_at_line_end();
  return found;
}

bool is_said_name(std::string_view text, TextRange name) {
  std::size_t at = quote_begin(text, name.begin).value_or(name.begin);
  while (at > 0 && is_blank(text[at - 1])) --at;
  if (at == 0) return false;
  const std::string_view before = text.substr(at > 12 ? at - 12 : 0, std::min<std::size_t>(at, 12));
  constexpr std::array<std::string_view, 8> kEnds = {"name",  "key", "Name", "Key",
                                                     "<key>", "id",  "type", "property"};
  const char sign = before.back();
  if (sign == '>')
    return before.ends_with("<key>") || before.ends_with("<name>") || before.ends_with("<Key>") ||
           before.ends_with("<Name>");
  if (sign != '=' && sign != ':') return false;
  std::string_view word = trim(before.substr(0, before.size() - 1));
  while (!word.empty() && (is_quote(word.back()) || word.back() == '\\')) word.remove_suffix(1);
  return std::any_of(kEnds.begin(), kEnds.end(),
                     [&](std::string_view end) { return word.ends_with(end); });
}

TextRange name_around(std::string_view text, std::size_t begin, std::size_t end) {
  const std::size_t first = begin > kMaxName ? begin - kMaxName : 0;
  const std::size_t last = std::min(text.size(), end + kMaxName);
  const std::size_t core = begin;
  while (begin > first && is_key_char(text[begin - 1])) --begin;
  while (end < last && is_key_char(text[end])) ++end;
  const char before = begin > 0 ? text[begin - 1] : '\0';
  const std::size_t escape = escape_size(text.substr(begin, core - begin), before);
  if (begin + escape <= core) begin += escape;
  while (begin < core && (text[begin] == '-' || text[begin] == '.')) ++begin;
  while (end > begin + 1 && (text[end - 1] == '.' || text[end - 1] == '-')) --end;
  return {begin, end};
}

std::optional<Assignment> assignment_behind(std::string_view text, TextRange name) {
  if (auto element = element_value(text, name)) return element;
  return PairReader(text, name).read();
}

}  // namespace scopetrace
