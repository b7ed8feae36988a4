// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/body/graphql.h"

#include <algorithm>
#include <array>

#include "userspace/redact/body/member.h"
#include "userspace/redact/scan/encodings.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::string_view kBlockQuote = "\"\"\"";
constexpr std::size_t kMinToken = 16;  // of a word that may be a value
constexpr std::array<std::string_view, 4> kOperations = {"query", "mutation", "subscription",
                                                         "fragment"};

bool is_name_char(char c) { return is_alnum(c) || c == '_'; }
bool is_number_char(char c) { return is_digit(c) || is_in(c, "+-.eE"); }

// What a value without quotes may consist of, also where the grammar has none.
bool is_word_char(char c) { return !is_space(c) && !is_in(c, "\"#$(),:=@[]{}"); }

template <class Is>
std::size_t run_end(std::string_view text, std::size_t at, Is is_in) {
  while (at < text.size() && is_in(text[at])) ++at;
  return at;
}

// "password" of `… password: [`; empty when no name with a colon stands at the end.
std::string_view name_before_colon(std::string_view text) {
  while (!text.empty() && (is_space(text.back()) || text.back() == '[')) text.remove_suffix(1);
  if (!text.ends_with(':')) return {};
  text.remove_suffix(1);
  text = trim(text);
  std::size_t begin = text.size();
  while (begin > 0 && is_name_char(text[begin - 1])) --begin;
  return text.substr(begin);
}

class Document {
 public:
  Document(TextScanner& scanner, std::string_view text, BodyOptions options)
      : scanner_(scanner), text_(text), options_(options) {}

  std::string run() {
    while (at_ < text_.size()) step();
    return std::move(out_);
  }

 private:
  void step() {
    const char c = text_[at_];
    if (c == '"') return take_string();
    if (c == '#') return take_comment();
    const bool is_negative = c == '-' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]);
    if (is_letter(c) || c == '_' || is_digit(c) || is_negative) return take_word();
    if (c == ')' || c == '}') argument_ = {};
    out_ += c;
    ++at_;
  }

  // A name with a colon behind it names the value that follows.
  void note_argument() {
    const std::size_t end = run_end(text_, at_, is_name_char);
    const auto behind = text_.find_first_not_of(" \t\r\n,", end);
    if (behind != text_.npos && text_[behind] == ':') argument_ = text_.substr(at_, end - at_);
  }
  // A name or number; what is longer or neither may be a value that somebody put there.
  void take_word() {
    const bool is_name = !is_digit(text_[at_]) && text_[at_] != '-';
    if (is_name) note_argument();
    const std::size_t end = run_end(text_, at_, is_word_char);
    const bool is_number = run_end(text_, at_, is_number_char) >= end;
    if (end - at_ < kMinToken || is_number) {
      return is_name ? put(run_end(text_, at_, is_name_char)) : take_number();
    }
    out_ += redact_text_at(scanner_, text_.substr(at_, end - at_), options_.depth);
    at_ = end;
  }
  void take_number() {
    const std::size_t end = run_end(text_, at_, is_number_char);
    const std::string_view raw = text_.substr(at_, end - at_);
    at_ = end;
    if (options_.as_shape) {
      out_ += "number";
      return;
    }
    const std::string safe = redact_member(scanner_, argument_, raw, options_);
    out_ += safe == raw ? std::string(raw) : '"' + safe + '"';
  }
  void take_comment() {
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    if (!options_.as_shape)
      out_ += redact_text_at(scanner_, text_.substr(at_, end - at_), options_.depth);
    at_ = end;
  }
  void take_string() {
    const bool is_block = text_.substr(at_, 3) == kBlockQuote;
    const std::size_t quote = is_block ? 3 : 1;
    const std::size_t end =
        is_block ? std::min(text_.find(kBlockQuote, at_ + 3), text_.size()) : string_end();
    const std::string_view raw =
        text_.substr(std::min(at_ + quote, end), end - std::min(at_ + quote, end));
    const std::string_view mark = is_block ? kBlockQuote : kBlockQuote.substr(0, 1);
    out_ += mark;
    out_ += safe_string(raw, is_block);
    out_ += mark;
    at_ = std::min(end + quote, text_.size());
  }
  std::string safe_string(std::string_view raw, bool is_block) {
    if (options_.as_shape) return "string";
    const std::string value = is_block ? std::string(raw) : unescape_json(raw);
    const std::string safe = redact_member(scanner_, argument_, value, options_);
    if (safe == value) return std::string(raw);
    return is_block ? safe : escape_json(safe);
  }
  // The closing quote of the string at hand, or the end of its line: strings end there.
  std::size_t string_end() const {
    std::size_t at = at_ + 1;
    while (at < text_.size() && text_[at] != '"' && text_[at] != '\n')
      at += text_[at] == '\\' ? 2 : 1;
    return std::min(at, text_.size());
  }
  void put(std::size_t end) {
    out_ += text_.substr(at_, end - at_);
    at_ = end;
  }

  TextScanner& scanner_;
  std::string_view text_;
  BodyOptions options_;
  std::size_t at_ = 0;
  std::string_view argument_;  // what the next literal is called
  std::string out_;
};

}  // namespace

std::string redact_graphql(TextScanner& scanner, std::string_view document, BodyOptions options) {
  return Document(scanner, document, options).run();
}

bool looks_like_graphql(std::string_view text) {
  text = trim(text);
  while (text.starts_with('#')) text = trim(text.substr(std::min(text.find('\n'), text.size())));
  const std::size_t end = run_end(text, 0, is_name_char);
  const bool is_operation =
      std::find(kOperations.begin(), kOperations.end(), text.substr(0, end)) != kOperations.end();
  if (!is_operation || text.find('{') == text.npos || !text.ends_with('}')) return false;
  const std::string_view behind = trim(text.substr(end));
  return behind.starts_with('{') || behind.starts_with('(') || is_name_char(behind[0]) ||
         behind[0] == '@';
}

bool looks_like_graphql_under_query(std::string_view text) {
  if (looks_like_graphql(text)) return true;
  text = trim(text);
  if (!text.starts_with('{') || !text.ends_with('}')) return false;
  const auto first = text.find_first_not_of(" \t\r\n", 1);
  return first != text.npos && (is_name_char(text[first]) || text[first] == '.');
}

std::string_view argument_of_variable(std::string_view document, std::string_view variable) {
  const std::string used = "$" + std::string(variable);
  for (auto at = document.find(used); at != document.npos; at = document.find(used, at + 1)) {
    const std::string_view behind = document.substr(at + used.size());
    if (!behind.empty() && is_name_char(behind[0])) continue;
    const std::string_view name = name_before_colon(document.substr(0, at));
    if (!name.empty()) return name;
  }
  return {};
}

}  // namespace scopetrace
