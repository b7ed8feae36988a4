// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/pairs/named_values.h"

#include <algorithm>
#include <array>

#include "userspace/redact/detect/headers/header_values.h"
#include "userspace/redact/detect/line_look.h"
#include "userspace/redact/detect/pairs/contextual_class.h"
#include "userspace/redact/detect/pairs/credible.h"
#include "userspace/redact/detect/pairs/harmless_names.h"
#include "userspace/redact/detect/pairs/paired_value.h"
#include "userspace/redact/detect/pairs/plural_values.h"
#include "userspace/redact/detect/pairs/string_list.h"
#include "userspace/redact/detect/pairs/value_lines.h"
#include "userspace/redact/detect/placeholder.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxContextual = 8;  // of the names that contextual_class() knows
constexpr std::size_t kMaxSpacedWord = 24;
constexpr std::size_t kMaxWords = 512;  // of a value with blanks
constexpr std::size_t kMaxHeaderRow = 4096;
constexpr int kMaxStrings = 256;         // of a list
constexpr std::size_t kPairAhead = 400;  // behind a said name: its tag and the next one
constexpr std::size_t kAhead = 64;       // behind a name: how much decides what it is

bool is_column_border(char c) { return is_in(c, ",;|\t\r\n"); }

// A word behind a blank at `at`: its end, or nothing.
std::optional<std::size_t> next_word(std::string_view text, std::size_t at) {
  if (at + 1 >= text.size() || text[at] != ' ' || !is_alnum(text[at + 1])) return std::nullopt;
  std::size_t end = at + 1;
  while (end < text.size() && is_alnum(text[end]) && end - at < kMaxSpacedWord) ++end;
  return end;
}

// A word before a blank before `at`: its begin, or nothing.
std::optional<std::size_t> previous_word(std::string_view text, std::size_t at) {
  if (at < 2 || text[at - 1] != ' ' || !is_alnum(text[at - 2])) return std::nullopt;
  std::size_t begin = at - 1;
  while (begin > 0 && is_alnum(text[begin - 1]) && at - begin < kMaxSpacedWord) --begin;
  return begin;
}

// What may stand behind a name that something is assigned to, a form's part or a column of a table:
// signs, what closes the name (quotation marks as characters, entities or UTF-8, brackets, tags,
// colours, emphasis), what opens the value of a call or the bounds of an array, the NUL of argv.
constexpr std::array<bool, 256> make_followers() {
  constexpr std::string_view kSigns = "=: \t\r\n?!,;|+-", kClosing = "\"'`\\])><&*\x1b\xc2\xe2",
                             kOpening = "([{", kIndex = "}";
  std::array<bool, 256> table{};
  table[0] = true;
  for (const char c : kSigns) table[static_cast<unsigned char>(c)] = true;
  for (const char c : kOpening) table[static_cast<unsigned char>(c)] = true;
  for (const char c : kIndex) table[static_cast<unsigned char>(c)] = true;
  for (const char c : kClosing) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}
constexpr auto kFollowers = make_followers();
bool may_follow_name(char c) { return kFollowers[static_cast<unsigned char>(c)]; }

bool is_before_sign(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '*' || is_quote(text[at]))) ++at;
  return at < text.size() &&
         (text[at] == ':' || text[at] == '=' || text[at] == '|' ||
          text.substr(at).starts_with("is ") || text.substr(at).starts_with("->") ||
          text.substr(at).starts_with("</"));
}

// The end of a word of letters, of any alphabet, with what names hold.
std::size_t word_end(std::string_view text, std::size_t at) {
  const auto is_start = [](char c) {
    return is_letter(c) || static_cast<unsigned char>(c) >= 0x80;
  };
  if (at >= text.size() || !is_start(text[at])) return at;
  while (at < text.size() && (is_start(text[at]) || is_digit(text[at]) || is_in(text[at], "'-_.")))
    ++at;
  return at;
}

// A further word of a person's name: with a capital, or one of those that stand between.
bool is_part_of_name(std::string_view word) {
  constexpr std::array<std::string_view, 12> kParticles = {"de",  "van", "von", "der", "la",  "le",
                                                           "bin", "den", "da",  "dos", "del", "al"};
  return !is_lower(word[0]) ||
         std::find(kParticles.begin(), kParticles.end(), word) != kParticles.end();
}

// https://name:value@host: the host is no secret.
TextRange within_userinfo(std::string_view text, TextRange name, TextRange value) {
  if (!stands_before(text, name.begin, "://")) return value;
  const auto sign = text.substr(value.begin, value.end - value.begin).rfind('@');
  return sign == std::string_view::npos ? value : TextRange{value.begin, value.begin + sign};
}

bool ends_in_password(std::string_view name) {
  const std::string lower = to_lower(name);
  return lower.ends_with("password") || lower.ends_with("passcode");
}

bool is_sure_match(const NameTable::Match& match) {
  return !match.class_name.empty() && !match.needs_look;
}

// -Dname=value and -Pname=value
bool is_definition(std::string_view text, TextRange name) {
  return name.begin > 0 && text[name.begin - 1] == '-' &&
         (text[name.begin] == 'D' || text[name.begin] == 'P');
}

// The name with the words behind it, two at most, up to a sign. Nothing when no sign follows.
std::optional<TextRange> with_next_words(std::string_view text, TextRange name) {
  for (int i = 0; i < 2 && !is_before_sign(text, name.end); ++i) {
    const auto next = next_word(text, name.end);
    if (!next) return std::nullopt;
    name.end = *next;
  }
  return is_before_sign(text, name.end) ? std::optional(name) : std::nullopt;
}

// What the word means with the words around it. Sets `name` to them, unless they mean nothing.
NameTable::Match match_with_words(NameMemo& memo, std::string_view text, TextRange& name) {
  const auto behind = with_next_words(text, name);
  if (!behind) return {};
  TextRange spaced = *behind;
  bool is_public = false;
  for (int i = 0; i < 3; ++i) {
    const bool is_longer = spaced.end > name.end || spaced.begin < name.begin;
    const std::string_view words = text.substr(spaced.begin, spaced.end - spaced.begin);
    const NameTable::Match found = is_longer ? memo.look_up(words).match : NameTable::Match{};
    if (is_sure_match(found)) return name = spaced, found;
    is_public = is_public || (i == 0 && found.is_known && found.class_name.empty() &&
                              is_letter(text[spaced.end - 1]));  // Signature Algorithm, no Key 1
    const auto previous = previous_word(text, spaced.begin);
    if (!previous) break;
    spaced.begin = *previous;
  }
  return {{}, false, is_public};
}

// Whether `name` is a parameter of a URL.
bool is_in_query(std::string_view text, TextRange name) {
  const char before = text[std::max<std::size_t>(name.begin, 1) - 1];
  return before == '&' || before == '?';
}

bool is_line_escape(std::string_view text, std::size_t at) {
  return at + 1 < text.size() && (text[at + 1] == 'r' || text[at + 1] == 'n');
}

// Whether the line of a header field ends at `at` as protocols end it.
bool is_protocol_line_end(std::string_view text, std::size_t at) {
  return text.substr(at).starts_with("\r\n") || text.substr(at).starts_with("\\r\\n");
}

}  // namespace

void NamedValueFinder::begin() {
  if (scan_.columns != nullptr && scan_.columns->is_active()) take_rows(0);
}

// The rows from `at` on, until a line is none.
void NamedValueFinder::take_rows(std::size_t at) {
  while (at < text_.size() && scan_.columns->is_active()) {
    const std::size_t end = line_end(text_, at);
    scan_.columns->take_row(slice({at, end}), at, findings_);
    at = end + 1;
  }
  table_until_ = at;
}

// The cell of a header row that a word stands in; the word itself when it stands in none.
TextRange NamedValueFinder::cell_around(TextRange name) const {
  constexpr std::size_t kMaxCell = 48;
  const auto is_cell_char = [](char c) { return is_key_char(c) || c == ' ' || c == '"'; };
  TextRange cell = name;
  while (cell.end < text_.size() && cell.end - name.end < kMaxCell && is_cell_char(text_[cell.end]))
    ++cell.end;
  if (cell.end < text_.size() && !is_column_border(text_[cell.end]))
    return {name.begin, name.begin};
  while (cell.begin > 0 && name.begin - cell.begin < kMaxCell &&
         is_cell_char(text_[cell.begin - 1]))
    --cell.begin;
  const bool is_cell = cell.begin == 0 || is_column_border(text_[cell.begin - 1]);
  return is_cell ? cell : TextRange{name.begin, name.begin};
}

// Whether `name` is a column of a table's header row; then its rows are taken.
bool NamedValueFinder::take_table(TextRange name) {
  if (scan_.columns == nullptr || name.begin < table_until_) return false;
  const TextRange cell = cell_around(name);
  return cell.end > cell.begin && begins_table(cell);
}

bool NamedValueFinder::begins_table(TextRange cell) {
  const std::size_t begin = line_begin(text_, cell.begin);
  const std::size_t end = near_line_end(text_, cell.end);
  if (cell.begin <= begin && cell.end >= end) return false;  // a line of one field
  if (end - begin > kMaxHeaderRow) return false;
  const std::size_t next = std::min(end + 1, text_.size());
  const std::size_t next_end = near_line_end(text_, next);
  if (next_end == text_.size() && !scan_.is_final) {  // else the header would be its first row
    scan_.wants_more(begin);
    return true;
  }
  table_until_ = end;  // a line is looked at once
  if (!scan_.columns->begin(slice({begin, end}), slice({next, next_end}), names_)) return false;
  take_rows(end + 1);
  return true;
}

// What the word means, or the name with blanks that it is part of ("API Key:"), or the name behind
// the letter of an option (-Dname=). `match` is what it means by itself. Sets `name`.
NameTable::Match NamedValueFinder::match_around(const NameTable::Match& match,
                                                TextRange& name) const {
  const bool may_go_on = name.end < text_.size() && text_[name.end] == ' ';
  if (is_sure_match(match) && !may_go_on) return match;
  if (is_definition(text_, name)) {
    const TextRange defined{name.begin + 1, name.end};
    const NameTable::Match found = names_.match(slice(defined));
    if (!found.class_name.empty()) return name = defined, found;
  }
  const NameTable::Match longer = match_with_words(memo_, text_, name);
  return longer.class_name.empty() && !longer.is_known ? match : longer;
}

void NamedValueFinder::take_keyword(std::size_t begin, std::size_t end) {
  if (begin < taken_until_) return;
  if (text_[begin] == '-') return take_reversed_pair(end);
  const TextRange name = name_around(text_, begin, end);
  taken_until_ = std::max(end, name.end);
  if (is_placeholder_class(text_, name.begin) || is_harmless_name(text_, name)) return;
  if (name.end == text_.size() || may_follow_name(text_[name.end])) take_name(name);
}

// - value: v, with its name on the next line.
void NamedValueFinder::take_reversed_pair(std::size_t end) {
  TextRange name;
  const auto found = value_before_name(text_, end, name);
  if (!found) return;
  if (name.end + 1 >= text_.size()) scan_.wants_more(line_begin(text_, end));
  const auto class_name = names_.class_of(slice(name), slice(found->value));
  if (class_name && is_plausible_value(*class_name, slice(found->value)))
    findings_.push_back({found->value, *class_name});
}

// What follows a part's name is its own container, whatever it looks like.
bool NamedValueFinder::takes_part(TextRange name, const NameTable::Match& match) {
  const bool may_be_part = name.begin > 0 && is_in(text_[name.begin - 1], "\"'=[");
  return may_be_part && is_sure_match(match) && is_said_name(text_, name) &&
         take_part(scan_, name, match.class_name, findings_);
}

void NamedValueFinder::take_name(TextRange name) {
  if (take_table(name)) return;
  const KnownName known = memo_.look_up(slice(name));
  if (!known.plural_class.empty()) take_plural(scan_, name, known.plural_class, findings_);
  const NameTable::Match match = match_around(known.match, name);
  const bool is_contextual = match.class_name.empty() && name.end - name.begin <= kMaxContextual;
  if (match.class_name.empty() && !is_contextual && !known.is_cookie) return;
  if (name.end == text_.size()) return scan_.wants_more(name.begin);
  if (takes_part(name, match)) return;
  const auto found = assignment_behind(text_, name);
  if (!found) return match.class_name.empty() ? void() : take_nothing(name);
  ask_if_open(name, *found);
  const bool is_field =
      take_field(name, *found) ||
      (match.class_name == "signature" && take_signatures(scan_, name, *found, findings_));
  if (is_field) return;
  const std::string_view class_name = class_of_value(name, match, *found);
  if (!class_name.empty()) take_assignment(name, class_name, *found);
}

// The class of what is assigned to the name; empty when that is no secret.
std::string_view NamedValueFinder::class_of_value(TextRange name, const NameTable::Match& match,
                                                  const Assignment& found) const {
  const std::string_view class_name = match.class_name;
  if (class_name.empty()) return contextual_class(slice(name), slice(found.value)).value_or("");
  if (match.needs_look && !has_look_of(class_name, looked_at(class_name, found))) return {};
  const bool is_word = class_name == "otp" && !names_.accepts(class_name, slice(found.value));
  return is_word && ends_in_password(slice(name)) ? "generic-password" : class_name;
}

// What of a value tells its look: of a block its first line.
std::string_view NamedValueFinder::looked_at(std::string_view class_name,
                                             const Assignment& found) const {
  const bool has_more = takes_words(class_name) && !found.is_quoted && !found.opens_block;
  if (has_more) return slice(whole_words(found.value, class_name));
  if (!found.opens_block) return slice(found.value);
  const std::size_t begin = std::min(near_line_end(text_, found.value.begin) + 1, text_.size());
  return trim(slice({begin, near_line_end(text_, begin)}));
}

// No value on the line of the name: a pair may go on below.
void NamedValueFinder::take_nothing(TextRange name) {
  const bool is_last_line = name.end + kPairAhead >= text_.size() ||
                            near_line_end(text_, name.end) + kAhead >= text_.size();
  const bool opens_group = text_.substr(name.end, 3).find('{') != std::string_view::npos;
  if (is_last_line && (opens_group || is_said_name(text_, name)))
    scan_.wants_more(line_begin(text_, name.begin));
}

void NamedValueFinder::ask_if_open(TextRange name, const Assignment& found) {
  const bool is_empty = found.value.begin == found.value.end;
  if (found.is_open || found.value.end >= text_.size() ||
      (is_empty && found.value.begin + kAhead >= text_.size()))
    scan_.wants_more(name.begin);
}

// Fields with a grammar of their own. False when `name` is none.
bool NamedValueFinder::take_field(TextRange name, const Assignment& found) {
  const std::string_view written = slice(name);
  const bool is_cookie = is_cookie_name(written);
  if (!is_cookie && !is_authorization(written)) return false;
  if (name.begin < field_until_) return true;
  const std::size_t end = field_end(text_, found);
  if (parameters_end(text_, end) == text_.size()) scan_.wants_more(name.begin);
  if (is_cookie) {
    take_cookie_field({found.value.begin, end}, to_lower(written[0]) == 's', found);
  } else {
    take_credentials(text_, found, end, findings_);
    const std::size_t last = parameters_end(text_, end);
    const bool is_long = last > end || end - found.value.begin > kMaxLookahead;
    if (is_long) field_until_ = last;  // not looked at again
  }
  return true;
}

// The cookies of a field, and of the further strings of the list that it begins.
void NamedValueFinder::take_cookie_field(TextRange field, bool is_set, const Assignment& found) {
  take_cookies(text_, field, is_set, names_, findings_);
  taken_until_ = std::max(taken_until_, field.end);
  std::size_t at = 0;
  for (int i = 0; i < kMaxStrings; ++i) {
    const auto further = next_string(text_, found, at);
    if (!further) return;
    take_cookies(text_, *further, is_set, names_, findings_);
    taken_until_ = std::max(taken_until_, further->end);
  }
}

void NamedValueFinder::take_assignment(TextRange name, std::string_view class_name,
                                       const Assignment& found) {
  if (found.opens_block) {
    const std::size_t end = take_block(scan_, name, class_name, findings_);
    taken_until_ = std::max(taken_until_, end);
    return;
  }
  const bool is_empty = found.value.begin == found.value.end;
  const std::string_view behind = text_.substr(std::min(found.value.end, text_.size()), 2);
  if (is_empty && found.tie == Tie::kColon && (behind.starts_with('\n') || behind == "\r\n"))
    return take_next_line(scan_, name, class_name, findings_);
  TextRange range = within_userinfo(text_, name, whole_value(name, class_name, found));
  if (range.end > text_.size() - 1) scan_.wants_more(name.begin);
  if (!names_.accepts(class_name, slice(range))) return;
  if (!is_sure(name, class_name, found) && !is_credible(text_, name, class_name, found, range))
    return;
  if (!found.is_quoted && is_bare_cut(found.value))
    range.end = std::max(range.end, bare_end(text_, found.value.begin, name, text_.size()));
  findings_.push_back({range, class_name});
  taken_until_ = std::max(taken_until_, range.end);
  take_list(found, class_name);
}

// Whether the pair says enough by itself: of a shape that the rules ask for, or personal data,
// which is words like any others, where a string or a line holds nothing else.
bool NamedValueFinder::is_sure(TextRange name, std::string_view class_name,
                               const Assignment& found) const {
  const bool is_written = found.tie == Tie::kEquals || found.tie == Tie::kColon ||
                          found.tie == Tie::kPair || found.tie == Tie::kElement;
  if (!is_written || found.value.end == found.value.begin) return false;
  if (names_.has_value_shape(class_name) && has_digit(slice(found.value))) return true;
  if (!names_.is_personal(class_name)) return false;
  return found.is_quoted || (found.fills_line && line_begin(text_, name.begin) == name.begin);
}

// The further strings of a list.
void NamedValueFinder::take_list(const Assignment& found, std::string_view class_name) {
  std::size_t at = 0;
  for (int i = 0; i < kMaxStrings; ++i) {
    const auto value = next_string(text_, found, at);
    if (!value) return;
    if (is_plausible_value(class_name, slice(*value))) findings_.push_back({*value, class_name});
    taken_until_ = std::max(taken_until_, value->end);
  }
}

// The value with all its words, without what only ends a sentence.
TextRange NamedValueFinder::whole_value(TextRange name, std::string_view class_name,
                                        const Assignment& found) const {
  TextRange range = found.value;
  if (class_name == "credentials" && slice(range).find("aws4_request") != std::string_view::npos) {
    const auto scope = slice(range).find_first_of("/%");  // AWS: the scope is no secret
    return {range.begin, range.begin + scope};
  }
  if (found.is_quoted || range.end == range.begin) return range;
  const bool is_tight = found.tie == Tie::kEquals && !found.is_spaced &&
                        !names_.is_personal(class_name) && is_secret_word(slice(range));
  if (takes_words(class_name) && !is_in_query(text_, name) && !is_tight)
    range = whole_words(range, class_name);
  if (digits_needed(class_name) > 0) range = whole_number(first_word(range), class_name);
  if (found.tie == Tie::kColon || text_[name.end] == ']') range = whole_field(name, range);
  if (found.tie == Tie::kEquals && found.is_spaced) range = whole_setting(name, range);
  const bool is_field = found.fills_line && !found.is_spaced &&
                        line_begin(text_, name.begin) == name.begin;  // NAME=value
  while (!is_field && range.end > range.begin && is_in(text_[range.end - 1], ".,;:")) --range.end;
  return range;
}

// Of a string that the end of the text cuts: a number has no blanks but those between its groups.
TextRange NamedValueFinder::first_word(TextRange value) const {
  const auto end = slice(value).find_first_of(" \"'");
  return {value.begin, end == std::string_view::npos ? value.end : value.begin + end};
}

// Digits in groups, as people write them: (816) 674-9353, 860 884 4281.
TextRange NamedValueFinder::whole_number(TextRange value, std::string_view class_name) const {
  constexpr std::size_t kEnough = 10;  // digits that need no further group
  if (class_name == "client-ip" || class_name == "cvv") return value;
  while (count_digits(slice(value)) < kEnough && value.end + 1 < text_.size()) {
    std::size_t end = value.end + 1;
    if (text_[value.end] != ' ' || !(is_digit(text_[end]) || text_[end] == '(')) break;
    while (end < text_.size() && (is_digit(text_[end]) || is_in(text_[end], "()-./"))) ++end;
    if (end < text_.size() && is_key_char(text_[end])) break;
    value.end = end;
  }
  return value;
}

// The whole of a header field or of an element that PHP prints, with its blanks.
TextRange NamedValueFinder::whole_field(TextRange name, TextRange value) const {
  const std::size_t begin = line_begin(text_, name.begin);
  const bool is_printed = text_[name.end] == ']' && name.begin > 0 &&
                          text_[name.begin - 1] == '[' && text_.substr(name.end, 4) == "] =>";
  const std::string_view before = text_.substr(begin, name.begin - begin);
  const bool begins = before.empty() || before.back() == '"' || before.ends_with("\\n");
  if (!is_printed && !begins) return value;
  std::size_t end = value.end;
  const char enclosing = before.empty() ? '\0' : before.back();
  while (end < text_.size() && end - value.begin < kMaxWords && !is_line_end(text_[end])) {
    if (text_[end] == '\\' && is_line_escape(text_, end)) break;
    if (text_[end] == '"' && enclosing == '"' && text_[end - 1] != '\\') break;
    ++end;
  }
  if (is_printed || is_protocol_line_end(text_, end)) value.end = end;
  return value;
}

// name = value of a configuration file, with blanks inside, when the further words look secret too.
TextRange NamedValueFinder::whole_setting(TextRange name, TextRange value) const {
  constexpr std::size_t kMaxSettingWords = 4;
  if (line_begin(text_, name.begin) != name.begin) return value;
  const std::size_t line = line_end(text_, value.end);
  std::size_t end = value.end;
  bool is_secret = false;
  for (std::size_t i = 0; i < kMaxSettingWords && end < line && text_[end] == ' '; ++i) {
    const std::size_t next = std::min(text_.find_first_of(" \r\n", end + 1), line);
    const std::string_view word = text_.substr(end + 1, next - end - 1);
    if (word.empty() || word[0] == '#' || word[0] == ';' ||
        word.find_first_of("=(\"'") != word.npos)
      return value;
    is_secret = is_secret || is_secret_word(word);
    end = next;
  }
  const bool is_whole = end == line || text_[end] == '\r';
  return is_secret && is_whole ? TextRange{value.begin, end} : value;
}

// The rest of the line, up to what begins a further field.
TextRange NamedValueFinder::whole_words(TextRange value, std::string_view class_name) const {
  const bool is_name = class_name == "person-name";
  std::size_t end = value.end;
  while (end + 1 < text_.size() && end - value.begin < kMaxWords && text_[end] == ' ') {
    const std::size_t next = word_end(text_, end + 1);
    const std::string_view word = slice({end + 1, next});
    if (word.empty() || (is_name && !is_part_of_name(word))) break;
    const char stop = next < text_.size() ? text_[next] : '\n';
    if (is_in(stop, "=:(/")) break;
    end = next;
  }
  return {value.begin, end};
}

}  // namespace scopetrace
