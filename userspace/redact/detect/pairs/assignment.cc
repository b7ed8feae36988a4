// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/pairs/assignment.h"

#include <algorithm>
#include <array>

#include "userspace/redact/detect/pairs/paired_value.h"
#include "userspace/redact/detect/pairs/value_wrapper.h"
#include "userspace/redact/rules/plausible.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxArgument = 4096;

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
  bool is_bound_attribute() const;
  std::optional<Assignment> read_list();
  std::optional<Assignment> read_call();
  std::optional<Assignment> read_braces();
  std::optional<Assignment> read_bar();
  std::optional<Assignment> read_default();
  std::optional<Assignment> read_blank();
  std::optional<std::size_t> sentence_colon(TextRange word) const;
  bool fills_line_behind(std::size_t at) const;
  TextRange next_word(TextRange word) const;
  bool says_value(TextRange word) const;
  std::optional<Assignment> read_known() const;
  std::optional<Assignment> read_behind_name();
  bool is_said() const { return is_said_name(cursor_.text, name_); }
  std::optional<Assignment> read_arrow(bool is_arrow);
  std::optional<Assignment> read_written_arrow();
  Assignment read_argument();
  Assignment read_prose();
  bool takes_escaped_tag();
  void skip_to_sign();
  bool skip_name_end();
  bool is_in_doubled(const Quote& quote) const;
  void skip_bounds();
  void skip_visibility();
  void skip_argument_index();
  std::optional<Assignment> read_bulk();
  std::optional<Assignment> read_default_argument();
  std::optional<Assignment> read_declared_type();
  std::optional<Assignment> read_comparison();
  Assignment value(Tie tie) const { return read_value(cursor_, name_, tie); }

  TextRange name_;
  Cursor cursor_;
  bool is_quoted_ = false;
  bool has_blank_ = false;
  bool is_index_ = false;  // $ENV{name}: what is assigned is a string, or code
};

// Over what closes the name: colours, quotation marks, index brackets. False when that is none.
bool PairReader::skip_name_end() {
  cursor_.skip_emphasis();
  if (cursor_.peek() == ']' && is_quote(cursor_.peek(1))) ++cursor_.at;  // "a[name]":
  if (const auto quote = quote_at(cursor_.text, cursor_.at)) {
    cursor_.at += quote->size;
    is_quoted_ = true;
    cursor_.at += static_cast<std::size_t>(is_in_doubled(*quote));
  } else if (cursor_.peek() == '\\') {
    return false;
  }
  skip_bounds();
  skip_visibility();
  if (cursor_.peek() == '*' && name_.begin > 0 && cursor_.text[name_.begin - 1] == '*')
    ++cursor_.at;  // *name*: of chats
  if (cursor_.peek() == '}' && is_braced_index(cursor_.text, name_)) {
    ++cursor_.at;
    is_index_ = true;
  }
  while (cursor_.peek() == ']' || (is_quoted_ && (cursor_.peek() == ')' || cursor_.peek() == '}')))
    ++cursor_.at;
  if (is_quoted_ && cursor_.takes(">>")) return true;
  cursor_.skip_emphasis();
  return true;
}

// ""name"" of JSON in CSV: whether the second mark behind the name is there for the one before it.
bool PairReader::is_in_doubled(const Quote& quote) const {
  const std::string_view text = cursor_.text;
  return quote.size == 1 && name_.begin > 1 && text[name_.begin - 1] == quote.mark &&
         text[name_.begin - 2] == quote.mark && cursor_.peek() == quote.mark;
}

// name[64] of C
void PairReader::skip_bounds() {
  if (cursor_.peek() != '[') return;
  Cursor ahead = cursor_;
  ++ahead.at;
  while (is_digit(ahead.peek())) ++ahead.at;
  if (ahead.takes("]")) cursor_ = ahead;
}

// "name":"Class":private of PHP
void PairReader::skip_visibility() {
  constexpr std::size_t kMaxClass = 96;
  if (!is_quoted_ || cursor_.peek() != ':') return;
  const std::string_view ahead = cursor_.text.substr(cursor_.at, kMaxClass);
  const auto close = ahead.find(']');
  if (close == ahead.npos) return;
  const std::string_view inner = ahead.substr(0, close);
  if (inner.ends_with(":private") || inner.ends_with(":protected")) cursor_.at += close;
}

// $8 name $20 value: bulk strings of Redis, each on a line of its own.
std::optional<Assignment> PairReader::read_bulk() {
  Cursor ahead = cursor_;
  if (!ahead.takes("\r\n$")) return std::nullopt;
  while (is_digit(ahead.peek())) ++ahead.at;
  if (!ahead.takes("\r\n")) return std::nullopt;
  cursor_ = ahead;
  Assignment found = value(Tie::kPair);
  const std::size_t end =
      cursor_.text.substr(0, cursor_.at + kMaxArgument).find("\r\n", cursor_.at);
  found.is_open = found.is_open || end == std::string_view::npos;
  if (end != std::string_view::npos) found.value = {cursor_.at, end};
  return found;
}

// ("--name", default="value") of Python's argparse and its like
std::optional<Assignment> PairReader::read_default_argument() {
  constexpr std::string_view kDefault = "default=";
  constexpr std::size_t kMaxOptions = 256;
  const std::string_view ahead = cursor_.text.substr(cursor_.at, kMaxOptions);
  const auto at = ahead.substr(0, ahead.find_first_of("\r\n")).find(kDefault);
  if (at == ahead.npos) return std::nullopt;
  cursor_.at += at + kDefault.size();
  if (!quote_at(cursor_.text, cursor_.at)) return std::nullopt;
  return value(Tie::kEquals);
}

// PIC X(32) of COBOL
void skip_picture(Cursor& cursor) {
  if (!cursor.takes("PIC ")) return;
  while (is_alnum(cursor.peek()) || is_in(cursor.peek(), "()")) ++cursor.at;
  cursor.skip_blanks();
}

// LIKE 'value', IN ('value') of SQL, VALUE 'value' of COBOL
std::optional<Assignment> PairReader::read_comparison() {
  Cursor ahead = cursor_;
  skip_picture(ahead);
  const bool is_list = ahead.takes("IN (") || ahead.takes("in (");
  if (!is_list && !ahead.takes("LIKE ") && !ahead.takes("like ") && !ahead.takes("ILIKE ") &&
      !ahead.takes("VALUE "))
    return std::nullopt;
  if (!quote_at(ahead.text, ahead.at)) return std::nullopt;
  cursor_ = ahead;
  return value(Tie::kEquals);
}

// As String = "value": Basic
std::optional<Assignment> PairReader::read_declared_type() {
  Cursor ahead = cursor_;
  if (!ahead.takes("As ") && !ahead.takes("as ")) return std::nullopt;
  while (is_alnum(ahead.peek()) || ahead.peek() == '.') ++ahead.at;
  ahead.skip_blanks();
  if (!ahead.takes("=")) return std::nullopt;
  ahead.skip_blanks();
  if (!quote_at(ahead.text, ahead.at)) return std::nullopt;
  cursor_ = ahead;
  return value(Tie::kEquals);
}

// Formats in which a name and its value are two strings, or have their lengths before them.
std::optional<Assignment> PairReader::read_known() const {
  const bool may_be_pair =
      (is_quoted_ || cursor_.peek() == '<' || cursor_.peek() == ',') && is_said();
  if (may_be_pair) {
    if (auto pair = paired_value(cursor_.text, name_, cursor_.at)) return pair;
  }
  return is_quoted_ ? serialized_value(cursor_.text, name_, cursor_.at) : std::nullopt;
}

// &lt;name&gt;
bool PairReader::takes_escaped_tag() {
  return stands_before(cursor_.text, name_.begin, "&lt;") && cursor_.takes("&gt;");
}

// Over blanks, and the mark of a name that may be missing: name?: of TypeScript.
void PairReader::skip_to_sign() {
  const std::size_t begin = cursor_.at;
  if ((cursor_.peek() == '?' || cursor_.peek() == '!') && cursor_.peek(1) == ':') ++cursor_.at;
  cursor_.skip_blanks();
  if (cursor_.takes("{ get; set; }") || cursor_.takes("{ get; init; }"))
    cursor_.skip_blanks();  // C#
  has_blank_ = cursor_.at > begin;
}

std::optional<Assignment> PairReader::read() {
  if (!skip_name_end()) return std::nullopt;
  if (cursor_.peek() == '\r') {
    if (auto found = read_bulk()) return found;
  }
  if (auto found = read_known()) return found;
  if (cursor_.peek() == '(' && !is_quoted_) return read_call();
  if (takes_escaped_tag()) return value(Tie::kElement);
  return read_behind_name();
}

// Behind all that closes the name.
std::optional<Assignment> PairReader::read_behind_name() {
  skip_to_sign();
  if (auto found = read_sign()) {
    const bool is_code = is_index_ && !found->is_quoted;
    return is_code ? std::nullopt : found;
  }
  if (has_blank_ && is_said()) {
    if (auto found = option_value(cursor_.text, name_, cursor_.at)) return found;
  }
  if (cursor_.is_at_line_end() && is_said()) return paired_value(cursor_.text, name_, cursor_.at);
  return read_blank();
}

// <- of R, -> of PHP, += and ?=
std::optional<Assignment> PairReader::read_arrow(bool is_arrow) {
  if (!is_arrow) return std::nullopt;
  cursor_.at += 2;
  return value(Tie::kEquals);
}

// name → value
std::optional<Assignment> PairReader::read_written_arrow() {
  return cursor_.takes("→") ? std::optional(value(Tie::kEquals)) : std::nullopt;
}

std::optional<Assignment> PairReader::read_sign() {
  const char next = cursor_.peek(1);
  switch (cursor_.peek()) {
    case '=':
      return read_equals();
    case ':':
      return read_colon();
    case '<':
      return read_arrow(next == '-' && has_blank_);
    case '-':  // name->member is code
      return read_arrow(next == '>' &&
                        (has_blank_ || is_quoted_ || quote_at(cursor_.text, cursor_.at + 2)));
    case '?':
    case '+':
      return next == '?' ? read_default() : read_arrow(next == '=');
    case ',':
      return read_list();
    case '|':
      return next == '|' ? read_default() : read_bar();
    case '\xe2':
      return read_written_arrow();
    case '{':
      if (!is_quoted_) return read_braces();
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

// Behind a colon: a::b, a://b, ${NAME:?message}
static bool leads_to_no_value(const Cursor& cursor, bool is_default) {
  const char c = cursor.peek();
  return c == ':' || cursor.starts_with("//") || (c == '?' && is_default);
}

// v-model="password" :type="…" of Vue
bool PairReader::is_bound_attribute() const {
  Cursor ahead = cursor_;
  while (is_letter(ahead.peek()) || ahead.peek() == '-') ++ahead.at;
  return ahead.at > cursor_.at && ahead.peek() == '=' && is_quote(ahead.peek(1));
}

std::optional<Assignment> PairReader::read_colon() {
  ++cursor_.at;
  if (has_blank_ && is_quoted_ && is_bound_attribute()) return std::nullopt;
  if (cursor_.peek() == ':' && is_blank(cursor_.peek(1))) ++cursor_.at;  // LDIF
  const char c = cursor_.peek();
  if (c == ':' && is_output(cursor_.text, name_)) {
    ++cursor_.at;
    return value(Tie::kPair);
  }
  const bool is_default = is_default_of_variable(cursor_.text, name_);
  if (leads_to_no_value(cursor_, is_default)) return std::nullopt;
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
  const bool is_macro = stands_before(cursor_.text, name_.begin, "define(");
  if (!is_quoted_ && opening != '{' && !is_macro) return std::nullopt;
  ++cursor_.at;
  cursor_.skip_spaces();
  Cursor ahead = cursor_;
  skip_wrapper(ahead);
  if (!quote_at(ahead.text, ahead.at)) return is_option ? read_default_argument() : std::nullopt;
  if (!is_option && !is_in(opening, "([{,")) return std::nullopt;
  return value(is_option ? Tie::kOption : Tie::kArgument);
}

// setName("value"), .name("value")
std::optional<Assignment> PairReader::read_call() {
  ++cursor_.at;
  if (!quote_at(cursor_.text, cursor_.at)) return std::nullopt;
  Assignment found = value(Tie::kArgument);
  return found.is_quoted ? std::optional(found) : std::nullopt;
}

// name{"value"} of C++
std::optional<Assignment> PairReader::read_braces() {
  ++cursor_.at;
  const bool is_hash = name_.begin > 0 && is_in(cursor_.text[name_.begin - 1], "$%@");  // of Perl
  if (has_blank_ || is_hash || !quote_at(cursor_.text, cursor_.at)) return std::nullopt;
  const Assignment found = value(Tie::kEquals);
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

// "is value" behind the subject of a sentence, when only a secret looks like that.
bool PairReader::says_value(TextRange word) const {
  const std::string_view written = cursor_.text.substr(word.begin, word.end - word.begin);
  if (!is_copula(written) && written != "to") return false;
  Cursor behind{cursor_.text, word.end};
  behind.skip_blanks();
  const TextRange found = read_value(behind, name_, Tie::kBlank).value;
  const std::string_view next = cursor_.text.substr(found.begin, found.end - found.begin);
  return is_random_token(next) || (written == "to" && is_secret_word(next) && has_digit(next) &&
                                   has_letter(next) && next.find('.') == next.npos);
}

// Whether what stands behind `at` goes on to the end of the line.
bool PairReader::fills_line_behind(std::size_t at) const {
  Cursor behind{cursor_.text, at};
  behind.skip_blanks();
  return read_value(behind, name_, Tie::kBlank).fills_line;
}

// The word behind a single blank; an empty range when there is none, or a very long one.
TextRange PairReader::next_word(TextRange word) const {
  constexpr std::size_t kMaxWord = 64;
  const std::string_view text = cursor_.text;
  if (word.end + 1 >= text.size() || text[word.end] != ' ') return {word.end, word.end};
  const std::size_t begin = word.end + 1;
  const auto end = text.substr(0, begin + kMaxWord).find_first_of(" \r\n", begin);
  const std::size_t limit = std::min(end, text.size());
  return limit > begin + kMaxWord ? TextRange{begin, begin} : TextRange{begin, limit};
}

// Behind the colon that ends one of the words from `word` on: "generated for bob: value". Only one
// word may stand behind a sentence.
std::optional<std::size_t> PairReader::sentence_colon(TextRange word) const {
  constexpr int kMaxSentence = 6;
  const std::string_view text = cursor_.text;
  for (int i = 0; i < kMaxSentence && word.end > word.begin; ++i) {
    if (i > 0 && says_value(word)) return word.end;
    const bool ends = text[word.end - 1] == ':';
    if (ends) return i == 0 || fills_line_behind(word.end) ? std::optional(word.end) : std::nullopt;
    word = next_word(word);
  }
  return std::nullopt;
}

std::optional<Assignment> PairReader::read_blank() {
  const bool is_option = has_dashes(cursor_.text, name_);
  if (cursor_.peek() == '\0' && !cursor_.is_over() && !is_quoted_)
    return is_option ? std::optional(read_argument()) : std::nullopt;
  if (!has_blank_ || cursor_.is_at_line_end()) return std::nullopt;
  if (is_quoted_ && !is_option) return std::nullopt;
  if (is_quoted_) skip_argument_index();
  if (auto declared = read_declared_type()) return declared;
  if (auto compared = read_comparison()) return compared;
  return is_option ? value(Tie::kOption) : read_prose();
}

// "--name" a2="value" of the kernel's audit
void PairReader::skip_argument_index() {
  Cursor ahead = cursor_;
  if (!ahead.takes("a")) return;
  while (is_digit(ahead.peek())) ++ahead.at;
  if (ahead.takes("=") && ahead.peek() == '"') cursor_ = ahead;
}

// --name NUL value: argv as the kernel has it.
Assignment PairReader::read_argument() {
  ++cursor_.at;
  Assignment found = value(Tie::kOption);
  const auto end = cursor_.text.substr(0, cursor_.at + kMaxArgument).find('\0', cursor_.at);
  if (end != std::string_view::npos) found.value = {cursor_.at, end};
  return found;
}

// name is value, name generated for bob: value, name string = "value" of Go
Assignment PairReader::read_prose() {
  const Assignment found = value(Tie::kBlank);
  if (const auto colon = found.is_quoted ? std::nullopt : sentence_colon(found.value)) {
    cursor_.at = *colon;
    return value(Tie::kBlank);
  }
  const TextRange first = found.is_quoted ? TextRange{0, 0} : found.value;
  if (is_copula(cursor_.text.substr(first.begin, first.end - first.begin))) {
    cursor_.at = first.end;
    return value(Tie::kBlank);
  }
  if (const auto behind = behind_type(cursor_.text, found)) {
    cursor_.at = *behind;
    return value(Tie::kEquals);
  }
  return found;
}

}  // namespace

std::optional<Assignment> assignment_behind(std::string_view text, TextRange name) {
  if (auto element = element_value(text, name)) return element;
  return PairReader(text, name).read();
}

}  // namespace scopetrace
