// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/named_values.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "userspace/redact/text_class.h"
#include "userspace/redact/verify.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxName = 96;
constexpr std::size_t kMaxValue = 65536;
constexpr std::size_t kMinCookie = 12;    // shorter cookies in prose are settings
constexpr std::size_t kMinFreeValue = 6;  // of a bare word behind a name in prose

bool is_name_char(char c) { return is_alnum(c) || c == '_' || c == '-' || c == '.'; }

// A bare name that ends at `end`, or the inside of the quotes that close there.
std::string_view name_before(std::string_view text, std::size_t end) {
  while (end > 0 && is_blank(text[end - 1])) --end;
  if (end > 0 && (text[end - 1] == '"' || text[end - 1] == '\'')) --end;
  if (end > 0 && text[end - 1] == '\\') --end;
  std::size_t begin = end;
  while (begin > 0 && end - begin < kMaxName && is_name_char(text[begin - 1])) --begin;
  if (begin >= 1 && text[begin - 1] == '\\' && end - begin > 1) ++begin;    // \nname
  if (begin >= 1 && text[begin - 1] == '%' && end - begin > 2) begin += 2;  // %22name
  return text.substr(begin, end - begin);
}

// The name of the element whose start tag ends at `at`.
std::string_view tag_before(std::string_view text, std::size_t at) {
  const std::size_t from = at > 256 ? at - 256 : 0;
  const auto open = text.substr(from, at - from).rfind('<');
  if (open == std::string_view::npos) return {};
  const std::size_t begin = from + open + 1;
  std::size_t end = begin;
  while (end < at && (is_name_char(text[end]) || text[end] == ':')) ++end;
  const std::string_view tag = text.substr(begin, end - begin);
  const auto colon = tag.rfind(':');
  return colon == std::string_view::npos ? tag : tag.substr(colon + 1);
}

struct Value {
  TextRange range;
  bool is_quoted = false;
};

// The value in quotes that open at `at`; the quote may be escaped.
Value quoted_value(std::string_view text, std::size_t at) {
  const bool is_escaped = text[at] == '\\';
  const std::size_t begin = at + (is_escaped ? 2 : 1);
  const char quote = text[begin - 1];
  const std::size_t limit = std::min(text.size(), begin + kMaxValue);
  std::size_t end = begin;
  while (end < limit) {
    if (is_escaped && text[end] == '\\' && end + 1 < limit && text[end + 1] == quote) break;
    if (!is_escaped && text[end] == '\\' && end + 1 < limit) {
      end += 2;
      continue;
    }
    if (text[end] == quote) {
      const bool is_doubled = quote == '\'' && end + 1 < limit && text[end + 1] == '\'';
      if (!is_doubled) break;
      ++end;
    }
    ++end;
  }
  return {{begin, std::min(end, limit)}, true};
}

bool ends_bare_value(char c) {
  return is_space(c) || c == '&' || c == ';' || c == ',' || c == '"' || c == '\'' || c == '<' ||
         c == '>' || c == ')' || c == '}' || c == ']' || c == '`';
}

// A bare value; at the start of a line `NAME=value` runs to the end of the line.
Value bare_value(std::string_view text, std::size_t at, bool takes_line) {
  const std::size_t limit = std::min(text.size(), at + kMaxValue);
  if (takes_line) {
    std::size_t end = at;
    while (end < limit && !is_space(text[end]) && text[end] != '&' && text[end] != '"') ++end;
    if (end == limit || text[end] == '\n' || text[end] == '\r') return {{at, end}, false};
  }
  std::size_t end = at;
  while (end < limit && !ends_bare_value(text[end])) {
    if (text[end] == '\\' && end + 1 < limit &&
        (text[end + 1] == '"' || text[end + 1] == 'n' || text[end + 1] == 'r' ||
         text[end + 1] == 'u')) {
      break;
    }
    ++end;
  }
  return {{at, end}, false};
}

std::optional<Value> value_at(std::string_view text, std::size_t at, bool takes_line) {
  if (at < text.size() && text[at] == '>') ++at;  // =>
  const std::size_t limit = std::min(text.size(), at + 4);
  while (at < limit && is_blank(text[at])) ++at;
  if (at >= text.size() || is_space(text[at])) return std::nullopt;
  const bool is_escaped_quote =
      text[at] == '\\' && at + 1 < text.size() && (text[at + 1] == '"' || text[at + 1] == '\'');
  if (is_escaped_quote || text[at] == '"' || text[at] == '\'') return quoted_value(text, at);
  return bare_value(text, at, takes_line);
}

bool is_long_and_mixed(std::string_view value) {
  return value.size() >= 16 && has_digit(value) && has_letter(value) &&
         value.find_first_of(" /:") == value.npos;
}

class Finder {
 public:
  Finder(std::string_view text, const NameTable& names, std::vector<Finding>& findings)
      : text_(text), names_(names), findings_(findings) {}

  void run() {
    for (std::size_t at = 0; at < text_.size(); ++at) {
      switch (text_[at]) {
        case '=':
        case ':':
          at = pair_at(at);
          break;
        case ',':
          if (is_first_argument(at)) at = pair_at(at);
          break;
        case '>':
          at = element_at(at);
          break;
        case '%':
          at = escaped_pair_at(at);
          break;
        case '-':
          at = option_at(at);
          break;
        default:
          break;
      }
    }
    commands();
  }

 private:
  // Whether a quoted word that opens a list ends before `at`: ("name", "value").
  bool is_first_argument(std::size_t at) const {
    if (at == 0 || (text_[at - 1] != '"' && text_[at - 1] != '\'')) return false;
    const std::string_view name = name_before(text_, at);
    const auto begin = static_cast<std::size_t>(name.data() - text_.data());
    return begin >= 2 && (text_[begin - 2] == '(' || text_[begin - 2] == '[');
  }
  bool is_line_start(std::string_view name) const {
    const auto begin = static_cast<std::size_t>(name.data() - text_.data());
    return begin == 0 || text_[begin - 1] == '\n';
  }
  std::string_view slice(TextRange range) const {
    return text_.substr(range.begin, range.end - range.begin);
  }
  void add(TextRange range, std::string_view class_name) {
    findings_.push_back({range, class_name});
  }

  // Returns the last position that was used.
  std::size_t pair_at(std::size_t at) {
    const std::string_view name = name_before(text_, at);
    // Most names say nothing: their values are not even measured.
    if (name.empty() || !(names_.class_of(name) || is_contextual(name))) return at;
    const auto value = value_at(text_, at + 1, is_line_start(name));
    if (!value || value->range.end <= value->range.begin) return at;
    const std::string_view written = slice(value->range);
    if (name_of_next(name, written)) return next_value(value->range.end);
    auto class_name = names_.class_of(name);
    if (!class_name) class_name = contextual_class(name, written);
    if (!class_name || !is_plausible_value(*class_name, written)) return at;
    if (!value->is_quoted && !is_free_value(*class_name, at, written)) return at;
    add(value->range, *class_name);
    return value->range.end - 1;
  }

  static bool is_contextual(std::string_view name) {
    const std::string lower = to_lower(name);
    for (const char* word :
         {"code", "state", "nonce", "auth", "response", "name", "key", "header"}) {
      if (lower == word) return true;
    }
    return false;
  }

  // A bare word behind "name:" in prose is a secret only when it looks like one.
  bool is_free_value(std::string_view class_name, std::size_t at, std::string_view written) const {
    const bool is_number_class = !is_plausible_value(class_name, "word");
    if (is_number_class) return true;
    if (text_[at] == ',' || written.size() < kMinFreeValue) return false;
    if (text_[at] == '=' || has_digit(written)) return true;
    const std::size_t end =
        static_cast<std::size_t>(written.data() - text_.data()) + written.size();
    return end >= text_.size() || text_[end] != ' ';
  }

  // Whether this pair names the value of the next one: key="password" value="…".
  bool name_of_next(std::string_view name, std::string_view written) const {
    const std::string lower = to_lower(name);
    if (lower != "name" && lower != "key" && lower != "header") return false;
    return names_.class_of(written).has_value();
  }
  std::size_t next_value(std::size_t at) {
    const std::string_view name = slice(quoted_start(at));
    std::size_t begin = at;
    while (begin < text_.size() &&
           (text_[begin] == '"' || text_[begin] == '\'' || text_[begin] == '\\')) {
      ++begin;
    }
    const auto class_name = names_.class_of(name);
    if (!class_name) return at;
    if (text_.substr(begin, 4) == "\r\n\r\n") {  // a multipart part
      const std::size_t end = std::min(text_.find("\r\n--", begin + 4), text_.size());
      if (end > begin + 4) add({begin + 4, end}, *class_name);
      return std::max(at, end - 1);
    }
    const std::string_view near = text_.substr(begin, 24);
    const auto word = near.find("value");
    if (word == near.npos) return at;
    const auto sign = near.find_first_of("=:", word);
    if (sign == near.npos) return at;
    const auto value = value_at(text_, begin + sign + 1, false);
    if (!value || !is_plausible_value(*class_name, slice(value->range))) return at;
    add(value->range, *class_name);
    return value->range.end - 1;
  }
  TextRange quoted_start(std::size_t end) const {
    std::size_t begin = end;
    while (begin > 0 && end - begin < kMaxName && is_name_char(text_[begin - 1])) --begin;
    return {begin, end};
  }

  std::size_t element_at(std::size_t at) {
    const std::string_view tag = tag_before(text_, at);
    const auto class_name = names_.class_of(tag);
    if (tag.empty() || !class_name) return at;
    const std::size_t end = text_.find('<', at);
    if (end == text_.npos || end - at > kMaxValue) return at;
    const TextRange range{at + 1, end};
    if (!is_plausible_value(*class_name, slice(range))) return at;
    add(range, *class_name);
    return end - 1;
  }

  // %22name%22%3A%22value%22: JSON inside a percent-encoded parameter.
  std::size_t escaped_pair_at(std::size_t at) {
    constexpr std::string_view kColon = "%22%3A%22";
    if (text_.substr(at, kColon.size()) != kColon) return at;
    const auto class_name = names_.class_of(name_before(text_, at));
    const std::size_t begin = at + kColon.size();
    const std::size_t end = text_.find("%22", begin);
    if (!class_name || end == text_.npos || end - begin > kMaxValue) return at;
    if (!is_plausible_value(*class_name, slice({begin, end}))) return at;
    add({begin, end}, *class_name);
    return end - 1;
  }

  // --name value, and "--name", "value" in an argument list.
  std::size_t option_at(std::size_t at) {
    if (text_.substr(at, 2) != "--" || (at > 0 && text_[at - 1] == '-')) return at;
    std::size_t end = at + 2;
    while (end < text_.size() && end - at < kMaxName && is_name_char(text_[end])) ++end;
    const std::string_view name = text_.substr(at + 2, end - at - 2);
    const bool has_blank = end < text_.size() && text_[end] == ' ';
    if (!has_blank || name.empty() || name[0] == '-') return at;
    const auto class_name = names_.class_of(name);
    if (!class_name) return at;
    const auto value = value_at(text_, end + 1, false);
    if (!value || slice(value->range).starts_with("-")) return at;
    if (!is_plausible_value(*class_name, slice(value->range))) return at;
    add(value->range, *class_name);
    return value->range.end - 1;
  }

  // Commands whose argument is a secret, by protocol and program.
  void commands();
  void cookie_lines(std::string_view mark);
  void add_cookie(std::size_t begin, std::size_t end);
  void argument_behind(std::string_view mark, std::string_view class_name, std::size_t min_size);

  std::string_view text_;
  const NameTable& names_;
  std::vector<Finding>& findings_;
};

// The value of the pair `name=value` at [begin, end), unless the cookie is public.
void Finder::add_cookie(std::size_t begin, std::size_t end) {
  const auto equals = text_.substr(begin, end - begin).find('=');
  if (equals == text_.npos || begin + equals + 1 >= end) return;
  const std::string_view name = trim(text_.substr(begin, equals));
  const std::string_view value = text_.substr(begin + equals + 1, end - begin - equals - 1);
  if (names_.is_public_cookie(name) || value.size() < kMinCookie || !has_digit(value)) return;
  if (!is_plausible_value("cookie", value)) return;
  add({begin + equals + 1, end}, "cookie");
}

// Cookie fields of a message that stands in a text.
void Finder::cookie_lines(std::string_view mark) {
  for (std::size_t at = text_.find(mark); at != text_.npos; at = text_.find(mark, at + 1)) {
    const std::size_t line_end = std::min(text_.find_first_of("\r\n\"'\\", at), text_.size());
    const bool is_set_cookie = at >= 5 && to_lower(text_.substr(at - 5, 5)) == "set-c";
    for (std::size_t begin = at + mark.size(); begin < line_end;) {
      const std::size_t end = std::min(text_.find(';', begin), line_end);
      add_cookie(begin, end);
      if (is_set_cookie) break;  // attributes follow
      begin = end + 1;
    }
    at = std::max(at, line_end - 1);  // further marks of this line were part of it
  }
}

struct Command {
  std::string_view mark;
  std::string_view class_name;
  std::size_t min_size;
};
constexpr Command kCommands[] = {
    {"PASS ", "generic-password", 4},       {"AUTH PLAIN ", "basic-auth", 8},
    {"AUTH LOGIN ", "basic-auth", 8},       {"IDENTIFIED BY '", "generic-password", 1},
    {" password ", "generic-password", 8},  {"\"sshpass\", \"-p\", \"", "generic-password", 1},
    {"sshpass -p ", "generic-password", 1}, {"\"-p", "generic-password", 6},
};

void Finder::argument_behind(std::string_view mark, std::string_view class_name,
                             std::size_t min_size) {
  for (std::size_t at = text_.find(mark); at != text_.npos; at = text_.find(mark, at + 1)) {
    const bool is_word = !is_letter(mark[0]) || at == 0 || !is_alnum(text_[at - 1]);
    const Value value = bare_value(text_, at + mark.size(), false);
    const std::string_view written = slice(value.range);
    if (!is_word || written.size() < min_size || !is_plausible_value(class_name, written)) continue;
    if (min_size > 1 && !has_digit(written) && mark[0] != 'A') continue;
    add(value.range, class_name);
  }
}

void Finder::commands() {
  for (const Command& command : kCommands) {
    argument_behind(command.mark, command.class_name, command.min_size);
  }
  cookie_lines("ookie: ");
  // RESP: AUTH, then the length and value of the last argument.
  constexpr std::string_view kAuth = "AUTH\r\n$";
  const auto auth = text_.find(kAuth);
  if (auth != text_.npos) {
    const auto line = text_.find("\r\n", auth + kAuth.size());
    const auto end = line == text_.npos ? line : text_.find("\r\n", line + 2);
    if (end != text_.npos && end > line + 2) add({line + 2, end}, "generic-password");
  }
  // curl -u user:password
  for (std::size_t at = text_.find(" -u "); at != text_.npos; at = text_.find(" -u ", at + 1)) {
    const Value value = bare_value(text_, at + 4, false);
    const auto colon = slice(value.range).find(':');
    if (colon == std::string_view::npos || colon + 1 >= slice(value.range).size()) continue;
    add({value.range.begin + colon + 1, value.range.end}, "generic-password");
  }
}

}  // namespace

std::optional<std::string_view> contextual_class(std::string_view name, std::string_view value) {
  const std::string lower = to_lower(name);
  if ((lower == "code" || lower == "state" || lower == "nonce") && is_long_and_mixed(value)) {
    return "oauth-code";
  }
  if (lower == "auth" && value.size() >= 8 && is_basic_credentials(value)) return "basic-auth";
  if (lower == "response" && value.size() >= 32 && is_long_and_mixed(value)) return "digest-auth";
  return std::nullopt;
}

void find_named_values(std::string_view text, const NameTable& names,
                       std::vector<Finding>& findings) {
  Finder(text, names, findings).run();
}

}  // namespace scopetrace
