// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/pairs/value_end.h"

#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxNextName = 64;
constexpr std::size_t kMaxProse = 1024;    // between the quotation marks of prose
constexpr std::size_t kMaxLookBack = 512;  // of the line before a name

// Of a string that closes with the mark itself: whether the mark at `at` does that.
bool closes_string(const Quote& quote, std::size_t backslashes) {
  return quote.escapes == 0 ? backslashes % 2 == 0 : backslashes <= quote.escapes;
}

// A quotation mark that stands for itself, as SQL and YAML write it.
bool is_doubled(std::string_view text, std::size_t at, const Quote& quote) {
  return quote.escapes == 0 && text[at] == '\'' && text.substr(at + 1, 1) == "'";
}

// Where the content before the closing mark at `at` ends: the mark's own backslashes are none of
// it.
std::size_t content_end(std::size_t at, std::size_t backslashes, const Quote& quote) {
  return quote.escapes == 0 ? at : at - backslashes;
}

StringEnd marked_end(std::string_view text, std::size_t begin, const Quote& quote) {
  std::size_t backslashes = 0;
  for (std::size_t at = begin; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\\') {
      ++backslashes;
      continue;
    }
    if (is_line_end(c) && quote.mark != '`') return {at, false};
    if (c == quote.mark && closes_string(quote, backslashes)) {
      if (!is_doubled(text, at, quote)) return {content_end(at, backslashes, quote), true};
      ++at;
    }
    backslashes = 0;
  }
  return {text.size(), false};
}

// A further name with its sign: name=, name:, "name name":
bool is_name_next(std::string_view rest) {
  if (!is_letter(rest[0]) && rest[0] != '_' && rest[0] != '$') return false;
  std::size_t at = 1;
  while (at < rest.size() && at < kMaxNextName &&
         (is_key_char(rest[at]) || rest[at] == ' ' || rest[at] == '[' || rest[at] == ']'))
    ++at;
  return at < rest.size() && (rest[at] == '=' || rest[at] == ':');
}

// Behind a soft delimiter: whether a further name, or nothing of the value, follows.
bool is_delimited(std::string_view rest) {
  if (rest.empty() || is_space(rest[0]) || is_quote(rest[0]) || rest[0] == '\0') return true;
  if (is_in(rest[0], "\\,;)}]<&|\x1b")) return true;
  return is_name_next(rest);
}

// }=x and }(x: what is taken apart or called, in code.
bool closes_pattern(char c, std::string_view rest) {
  if (c == '}' && rest.starts_with("(")) return true;
  return c == '}' && rest.size() > 1 && rest[0] == '=' &&
         (is_letter(rest[1]) || is_blank(rest[1]) || rest[1] == '{' || rest[1] == '[');
}

bool is_markup(std::string_view rest) {
  for (const std::string_view entity :
       {"&quot;", "&amp;", "&lt;", "&gt;", "&#34;", "&#39;", "&apos;", "&#x27;", "&nbsp;"}) {
    if (rest.starts_with(entity)) return true;
  }
  return false;
}

// A backslash that begins something which ends a value: \n, \", \u0026.
bool is_escaped_end(std::string_view rest) {
  std::size_t at = 0;
  while (at < rest.size() && rest[at] == '\\') ++at;
  if (at >= rest.size()) return false;
  const char c = rest[at];
  if (is_quote(c) || c == 'n' || c == 'r' || c == 't') return true;
  if (c != 'u' || rest.substr(at + 1, 2) != "00") return false;
  const std::string_view code = rest.substr(at + 3, 2);
  for (const std::string_view end : {"22", "26", "27", "3c", "3e", "3C", "3E", "20", "0a", "1b"}) {
    if (code == end) return true;
  }
  return false;
}

bool ends_hard(std::string_view text, std::size_t at) {
  const char c = text[at];
  if (is_space(c) || (static_cast<unsigned char>(c) < 0x20)) return true;
  const char next = at + 1 < text.size() ? text[at + 1] : '\0';
  if (c == '<') return next == '/' || is_letter(next) || next == '\0' || next == '!';
  if (c == '\\') return is_escaped_end(text.substr(at, kMaxNextName));
  if (c == '&') return is_markup(text.substr(at, 8));
  return c == '`';
}

// The quotation marks that opened before a name on its line, and did not close.
class Enclosure {
 public:
  Enclosure(std::string_view text, std::size_t name) : text_(text), name_(name) {}

  bool has(char mark) {
    if (!is_known_) look();
    return mark == '"' ? is_double_ : mark == '\'' ? is_single_ : is_back_;
  }

 private:
  void look() {
    is_known_ = true;
    const std::size_t limit = name_ > kMaxLookBack ? name_ - kMaxLookBack : 0;
    for (std::size_t at = name_; at > limit && !is_line_end(text_[at - 1]); --at) {
      const char c = text_[at - 1];
      is_double_ ^= c == '"';
      is_single_ ^= c == '\'';
      is_back_ ^= c == '`';
    }
  }

  std::string_view text_;
  std::size_t name_;
  bool is_known_ = false;
  bool is_double_ = false;
  bool is_single_ = false;
  bool is_back_ = false;
};

bool is_query_name(std::string_view text, TextRange name) {
  return name.begin > 0 && (text[name.begin - 1] == '?' || text[name.begin - 1] == '&');
}

// Brackets that opened inside a value close inside it.
class Brackets {
 public:
  // Whether the character belongs to the value because of a bracket.
  bool take(char c) {
    if (c == '(' || c == '{' || c == '[') {
      ++depth_;
      return true;
    }
    if (!closes(c) || depth_ == 0) return false;
    --depth_;
    return true;
  }
  static bool closes(char c) { return c == ')' || c == '}' || c == ']'; }

 private:
  std::size_t depth_ = 0;
};

// "\\ " of Java properties.
bool is_escaped_blank(std::string_view text, std::size_t begin, std::size_t at) {
  return text[at] == ' ' && at > begin && text[at - 1] == '\\';
}

// A delimiter that something follows; without that it belongs to the value.
bool ends_soft(char c, std::string_view rest) {
  const bool is_soft = Brackets::closes(c) || c == ',' || c == ';' || c == '&' || c == '|';
  return is_soft && (is_delimited(rest) || closes_pattern(c, rest));
}

// Whether the bare value ends where it has come to.
bool ends_value(TextRange value, std::string_view text, Enclosure& enclosure, Brackets& brackets) {
  const char c = text[value.end];
  if (ends_hard(text, value.end) && !is_escaped_blank(text, value.begin, value.end)) return true;
  const std::string_view rest = text.substr(value.end + 1);
  if (is_quote(c)) return enclosure.has(c) || (value.end > value.begin && is_delimited(rest));
  return !brackets.take(c) && ends_soft(c, rest);
}

std::size_t query_end(std::string_view text, std::size_t begin) {
  std::size_t at = begin;
  while (at < text.size() && !ends_hard(text, at) && !is_quote(text[at]) && text[at] != '&' &&
         text[at] != '#')
    ++at;
  return at;
}

}  // namespace

StringEnd string_end(std::string_view text, std::size_t begin, const Quote& quote) {
  const std::size_t max = quote.close.starts_with('\xe2') ? kMaxProse : kMaxValueBytes;
  text = text.substr(0, std::min(text.size(), begin + max));
  if (quote.close.empty()) return marked_end(text, begin, quote);
  const auto end = text.find(quote.close, begin);
  return end == text.npos ? StringEnd{text.size(), false} : StringEnd{end, true};
}

bool closes_prompt(std::string_view text, TextRange name, std::size_t at) {
  const char mark = text[at];
  const char behind = at + 1 < text.size() ? text[at + 1] : '\n';
  const bool is_named = name.end < text.size() && (text[name.end] == mark);
  if (is_named || !(is_space(behind) || is_in(behind, "),;+]}"))) return false;
  return Enclosure(text, name.begin).has(mark);
}

std::size_t bare_end(std::string_view text, std::size_t begin, TextRange name,
                     std::size_t size_max) {
  text = text.substr(0, std::min(text.size(), begin + size_max));
  if (is_query_name(text, name)) return query_end(text, begin);
  Brackets brackets;
  Enclosure enclosure(text, name.begin);
  for (std::size_t at = begin; at < text.size(); ++at) {
    if (is_token_char(text[at])) continue;  // what most values are made of ends none
    if (ends_value({begin, at}, text, enclosure, brackets)) return at;
  }
  return text.size();
}

}  // namespace scopetrace
