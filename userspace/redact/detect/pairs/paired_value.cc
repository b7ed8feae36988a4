// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/pairs/paired_value.h"

#include <algorithm>
#include <array>

#include "userspace/redact/rules/plausible.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxTag = 256;    // bytes of a start tag that are looked at
constexpr std::size_t kMaxPrefix = 64;  // of a namespace before a tag's name
constexpr std::size_t kMaxElementText = 8192;
constexpr std::size_t kMaxPairGap = 128;    // between a name and the word "value"
constexpr std::size_t kMaxOptionGap = 256;  // between a name and the option with its value
constexpr std::size_t kMaxValueBack = 512;  // from a name back to its value

// What the second half of a pair is called.
constexpr std::array<std::string_view, 7> kValueWords = {"value", "Value", "content", "default",
                                                         "VALUE", "val",   "text"};

// Behind the words of `kValueWords` at the cursor and their sign: where the value begins.
bool skip_value_word(Cursor& cursor) {
  const bool is_word = std::any_of(kValueWords.begin(), kValueWords.end(),
                                   [&](std::string_view word) { return cursor.takes(word); });
  if (!is_word) return false;
  if (const auto quote = quote_at(cursor.text, cursor.at)) cursor.at += quote->size;
  cursor.skip_blanks();
  if (cursor.peek() != '=' && cursor.peek() != ':') return false;
  ++cursor.at;
  if (cursor.peek() == '>') ++cursor.at;
  return true;
}

bool is_word_start(std::string_view text, std::size_t at) {
  return at == 0 || !is_alnum(text[at - 1]);
}

// Whether only blanks or another tag stand before the tag that begins at `at`.
bool is_markup_before(std::string_view text, std::size_t at) {
  while (at > 0 && is_blank(text[at - 1])) --at;
  return at == 0 || is_line_end(text[at - 1]) || text[at - 1] == '>' || is_quote(text[at - 1]);
}

Assignment element_text(std::string_view text, std::size_t begin, Tie tie, bool is_markup = true) {
  constexpr std::string_view kData = "<![CDATA[";
  const bool is_data = text.substr(begin).starts_with(kData);
  if (is_data) begin += kData.size();
  const std::size_t limit =
      std::min(text.size(), begin + (is_data ? kMaxValueBytes : kMaxElementText));
  std::size_t end = std::min(text.substr(0, limit).find(is_data ? "]]>" : "<", begin), limit);
  if (end == limit && limit < text.size() && !is_data) {  // no element: a run that goes on
    const std::string_view ahead = text.substr(0, std::min(text.size(), begin + kMaxValueBytes));
    end = std::min(ahead.find_first_of("< \t\r\n", begin), ahead.size());
  }
  const bool is_open = end + 1 >= text.size();  // "<" alone does not say what it begins
  // What only looks like a tag: <password> of a usage line or of a URL.
  if (!is_data && !text.substr(end).starts_with("</") &&
      !(is_markup && is_secret_word(text.substr(begin, end - begin))))
    end = begin;
  while (end < text.size() && end > begin && is_space(text[end - 1])) --end;
  while (begin < end && is_space(text[begin])) ++begin;
  Assignment found;
  found.tie = tie;
  found.is_quoted = true;
  found.is_open = is_open;
  found.value = {begin, end};
  return found;
}

// Behind the start tag of an element that is called a value when one stands at `at`, else `at`:
// <saml:Attribute Name="name"><saml:AttributeValue>value.
std::size_t value_tag_end(std::string_view text, std::size_t at) {
  constexpr std::array<std::string_view, 4> kEnds = {"Value", "value", "string", "String"};
  Cursor cursor{text, at};
  cursor.skip_spaces();
  if (!cursor.takes("<")) return at;
  const std::string_view tag = text.substr(cursor.at, kMaxTag);
  const auto close = tag.find_first_of("<>");
  if (close == tag.npos || tag[close] != '>' || close == 0 || tag[close - 1] == '/') return at;
  const std::string_view word = tag.substr(0, tag.find_first_of(" \t\r\n>"));
  const bool is_value = std::any_of(kEnds.begin(), kEnds.end(),
                                    [&](std::string_view end) { return word.ends_with(end); });
  return is_value && word[0] != '/' ? cursor.at + close + 1 : at;
}

// <entry key="name">value: behind the tag whose attribute ends at `at`.
std::optional<Assignment> tag_text(std::string_view text, std::size_t at) {
  const std::string_view tag = text.substr(at, kMaxTag);
  const auto close = tag.find_first_of("<>");
  if (close == tag.npos || tag[close] != '>' || (close > 0 && tag[close - 1] == '/'))
    return std::nullopt;
  return element_text(text, value_tag_end(text, at + close + 1), Tie::kPair);
}

// <key>name</key><string>value: behind the name.
std::optional<Assignment> next_element(std::string_view text, std::size_t at) {
  Cursor cursor{text, at};
  if (!cursor.takes("</")) return std::nullopt;
  const auto close = text.substr(at, kMaxTag).find('>');
  if (close == std::string_view::npos) return std::nullopt;
  cursor.at = at + close + 1;
  cursor.skip_spaces();
  if (cursor.peek() != '<' || cursor.peek(1) == '/') return std::nullopt;
  return tag_text(text, cursor.at + 1);
}

// The value in a pair behind the name: the next word of kValueWords, not in another group.
std::optional<Assignment> value_behind(std::string_view text, TextRange name, std::size_t at) {
  const std::size_t limit = std::min(text.size(), at + kMaxPairGap);
  for (; at < limit; ++at) {
    if (is_in(text[at], "<>{}")) return std::nullopt;
    if (!is_word_start(text, at)) continue;
    Cursor cursor{text, at};
    if (skip_value_word(cursor)) return read_value(cursor, name, Tie::kPair);
  }
  return std::nullopt;
}

// The value in a pair before the name on its line.
std::optional<Assignment> value_ahead(std::string_view text, TextRange name) {
  const std::size_t limit = name.begin > kMaxValueBack ? name.begin - kMaxValueBack : 0;
  for (std::size_t at = name.begin; at > limit && !is_line_end(text[at - 1]); --at) {
    if (text[at - 1] != 'v' && text[at - 1] != 'V') continue;
    Cursor cursor{text, at - 1};
    if (!is_word_start(text, at - 1) || !skip_value_word(cursor)) continue;
    const Assignment found = read_value(cursor, name, Tie::kPair);
    if (found.value.end > name.begin || !found.is_quoted) return std::nullopt;
    const std::string_view gap = text.substr(found.value.end, name.begin - found.value.end);
    if (gap.find_first_of("<>{}") != gap.npos) return std::nullopt;
    return found;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Assignment> element_value(std::string_view text, TextRange name) {
  std::size_t before = name.begin;
  const std::size_t limit = name.begin > kMaxPrefix ? name.begin - kMaxPrefix : 0;
  while (before > limit && (is_alnum(text[before - 1]) || text[before - 1] == ':')) --before;
  if (before == 0 || text[before - 1] != '<') return std::nullopt;
  const std::string_view tag = text.substr(name.end, kMaxTag);
  const auto close = tag.find_first_of("<>");
  if (close == tag.npos || tag[close] != '>') return std::nullopt;
  if (close > 0 && (!is_space(tag[0]) || tag[close - 1] == '/')) return std::nullopt;
  return element_text(text, value_tag_end(text, name.end + close + 1), Tie::kElement,
                      is_markup_before(text, before - 1));
}

std::optional<Assignment> paired_value(std::string_view text, TextRange name, std::size_t at) {
  if (const auto next = next_element(text, at)) return next;
  if (const auto behind = value_behind(text, name, at)) return behind;
  const auto inside = tag_text(text, at);
  if (inside && inside->value.end > inside->value.begin) return inside;
  const auto ahead = value_ahead(text, name);
  return ahead ? ahead : inside;
}

std::optional<Assignment> option_value(std::string_view text, TextRange name, std::size_t at) {
  constexpr std::array<std::string_view, 9> kOptions = {
      "--value", "--body", "-b", "-v", "-w", "-Value", "--secret-string", "--secret-value", "/d"};
  const std::string_view ahead = text.substr(0, std::min(text.size(), at + kMaxOptionGap));
  const std::string_view line = ahead.substr(0, ahead.find_first_of("\r\n|;", at));
  for (; at < line.size(); ++at) {
    if ((line[at] != '-' && line[at] != '/') || !is_blank(line[at - 1])) continue;
    Cursor cursor{text, at};
    const bool is_option = std::any_of(kOptions.begin(), kOptions.end(),
                                       [&](std::string_view word) { return cursor.takes(word); });
    if (!is_option || (cursor.peek() != ' ' && cursor.peek() != '=')) continue;
    ++cursor.at;
    return read_value(cursor, name, Tie::kOption);
  }
  return std::nullopt;
}

std::optional<Assignment> serialized_value(std::string_view text, TextRange name, std::size_t at) {
  Cursor cursor{text, at};
  if (!cursor.takes(";s:")) return std::nullopt;
  while (is_digit(cursor.peek())) ++cursor.at;
  if (!cursor.takes(":")) return std::nullopt;
  return read_value(cursor, name, Tie::kPair);
}

std::optional<Assignment> value_before_name(std::string_view text, std::size_t at,
                                            TextRange& name) {
  const Assignment found = read_value({text, at}, {at, at}, Tie::kPair);
  Cursor cursor{text, found.value.end + (found.is_quoted ? 1U : 0U)};
  cursor.skip_blanks();
  if (!cursor.is_over() && !is_line_end(cursor.peek())) return std::nullopt;
  cursor.skip_spaces();
  for (const std::string_view word : {"name:", "key:"}) {
    if (!cursor.takes(word)) continue;
    cursor.skip_blanks();
    if (const auto quote = quote_at(text, cursor.at)) cursor.at += quote->size;
    name = name_around(text, cursor.at, cursor.at);
    return found;
  }
  name = {cursor.at, cursor.at};
  return cursor.at + 6 >= text.size() ? std::optional(found) : std::nullopt;
}

}  // namespace scopetrace
