// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/wire/sql_text.h"

#include <algorithm>
#include <array>

#include "userspace/base/bytes.h"
#include "userspace/redact/rules/names.h"
#include "userspace/redact/scan/finding.h"
#include "userspace/redact/scan/text_class.h"
#include "userspace/redact/wire/wire_text.h"

namespace scopetrace {
namespace {

// Words behind which a literal is a secret, maybe with others of kBetween in front of it.
constexpr std::array kAnnounce = {"PASSWORD", "PASSPHRASE", "SECRET"};
constexpr std::array kBetween = {"BY", "AS", "USING", "TO", "PASSWORD"};
// IDENTIFIED WITH plugin BY 'x', PASSWORD FOR user = 'x': any words and literals may come between.
constexpr std::array kOpen = {"IDENTIFIED", "FOR"};
constexpr std::size_t kMaxBetween = 8;  // tokens between the word and the literal

enum class Kind { kEnd, kWord, kLiteral, kParameter, kSign };

struct Token {
  Kind kind = Kind::kEnd;
  std::string_view text;  // of a literal: without its quotes
  std::size_t begin = 0;
  std::size_t end = 0;
};

bool is_word_character(char c) {
  return is_alnum(c) || c == '_' || static_cast<unsigned char>(c) >= 128;
}

template <class Words>
bool is_one_of(std::string_view word, const Words& words) {
  return std::any_of(words.begin(), words.end(),
                     [&](const char* known) { return equals_ignoring_case(word, known); });
}

// Cuts a statement into tokens. Literals that do not end go to the end.
class SqlTokens {
 public:
  SqlTokens(std::string_view text, bool has_escapes) : text_(text), has_escapes_(has_escapes) {}
  Token next();

 private:
  bool skip_comment();
  std::size_t quoted_end(std::size_t begin, char quote) const;
  std::size_t word_end(std::size_t begin) const;
  Token dollar(std::size_t begin);
  Token make(Kind kind, std::size_t begin, std::size_t end, std::size_t quotes = 0);

  std::string_view text_;
  bool has_escapes_;  // whether a backslash in a literal takes the next character along
  std::size_t at_ = 0;
};

// Up to the end of a comment that begins here.
bool SqlTokens::skip_comment() {
  const std::string_view rest = text_.substr(at_);
  const bool is_block = rest.starts_with("/*");
  if (!is_block && !rest.starts_with("--") && !rest.starts_with("#")) return false;
  const auto end = rest.find(is_block ? "*/" : "\n", is_block ? 2 : 1);
  at_ = end == rest.npos ? text_.size() : at_ + end + (is_block ? 2 : 1);
  return true;
}

Token SqlTokens::make(Kind kind, std::size_t begin, std::size_t end, std::size_t quotes) {
  at_ = end;
  const std::size_t inner_end = std::max(begin + quotes, end - std::min(end, quotes));
  return {kind, text_.substr(begin + quotes, inner_end - begin - quotes), begin, end};
}

// Behind the quote that closes; doubled and escaped ones belong to the literal.
std::size_t SqlTokens::quoted_end(std::size_t begin, char quote) const {
  for (std::size_t at = begin + 1; at < text_.size(); ++at) {
    if (has_escapes_ && text_[at] == '\\') {
      ++at;
    } else if (text_[at] == quote) {
      if (at + 1 >= text_.size() || text_[at + 1] != quote) return at + 1;
      ++at;
    }
  }
  return text_.size();
}

std::size_t SqlTokens::word_end(std::size_t begin) const {
  while (begin < text_.size() && is_word_character(text_[begin])) ++begin;
  return begin;
}

// $1 is a parameter, $tag$...$tag$ a literal.
Token SqlTokens::dollar(std::size_t begin) {
  const std::size_t tag_end = word_end(begin + 1);
  if (tag_end > begin + 1 && is_digit(text_[begin + 1]))
    return make(Kind::kParameter, begin, tag_end);
  if (tag_end >= text_.size() || text_[tag_end] != '$') return make(Kind::kSign, begin, begin + 1);
  const std::string_view tag = text_.substr(begin, tag_end + 1 - begin);
  const auto close = text_.find(tag, tag_end + 1);
  if (close == text_.npos) return make(Kind::kLiteral, begin, text_.size());
  return make(Kind::kLiteral, begin, close + tag.size(), tag.size());
}

Token SqlTokens::next() {
  while (at_ < text_.size() && (is_space(text_[at_]) || skip_comment())) {
    if (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  if (at_ >= text_.size()) return {};
  const char c = text_[at_];
  if (c == '\'') return make(Kind::kLiteral, at_, quoted_end(at_, c), 1);
  if (c == '"' || c == '`') return make(Kind::kWord, at_, quoted_end(at_, c), 1);
  if (c == '$') return dollar(at_);
  if (c == '?') return make(Kind::kParameter, at_, at_ + 1);
  if (is_word_character(c)) return make(Kind::kWord, at_, word_end(at_));
  return make(Kind::kSign, at_, at_ + 1);
}

// MySQL quotes literals with " too.
bool is_literal(std::string_view statement, const Token& token) {
  return token.kind == Kind::kLiteral ||
         (token.kind == Kind::kWord && statement[token.begin] == '"');
}

// Finds the literals that are secret by their place.
class SecretLiterals {
 public:
  SecretLiterals(std::string_view statement, bool has_escapes)
      : statement_(statement), tokens_(statement, has_escapes) {}
  void find(std::vector<Finding>& findings);

 private:
  void announce(const Token& token);
  bool goes_on(const Token& token) const;

  std::string_view statement_;
  SqlTokens tokens_;
  std::size_t left_ = 0;  // how many more tokens may stand before the literal
  bool is_open_ = false;
};

void SecretLiterals::find(std::vector<Finding>& findings) {
  for (Token token = tokens_.next(); token.kind != Kind::kEnd; token = tokens_.next()) {
    const bool is_value = is_literal(statement_, token);
    if (left_ > 0 && is_value && !token.text.empty()) {
      const auto begin = static_cast<std::size_t>(token.text.data() - statement_.data());
      findings.push_back({{begin, begin + token.text.size()}, "generic-password"});
    }
    left_ = left_ > 0 && (is_open_ || (!is_value && goes_on(token))) ? left_ - 1 : 0;
    if (!is_value) announce(token);
  }
}

void SecretLiterals::announce(const Token& token) {
  if (token.kind != Kind::kWord) return;
  const bool opens = equals_ignoring_case(token.text, kOpen[0]) ||
                     (left_ > 0 && equals_ignoring_case(token.text, kOpen[1]));
  if (!opens && !is_one_of(token.text, kAnnounce)) return;
  is_open_ = opens;
  left_ = kMaxBetween;
}

bool SecretLiterals::goes_on(const Token& token) const {
  if (token.kind == Kind::kSign) return std::string_view("=(:").find(token.text) != token.text.npos;
  return token.kind == Kind::kWord &&
         (is_one_of(token.text, kBetween) || equals_ignoring_case(token.text, kOpen[1]));
}

// Which column each parameter and literal is compared with or goes to.
class ColumnPlaces {
 public:
  struct Literal {
    std::string_view column;
    std::string_view text;
  };

  ColumnPlaces(std::string_view statement, bool has_escapes)
      : statement_(statement), tokens_(statement, has_escapes) {}
  // Reads the statement; then the two others hold what was found.
  void read();
  std::vector<std::string>& parameters() { return names_; }
  const std::vector<Literal>& literals() const { return literals_; }

 private:
  void take(const Token& token);
  void take_word(std::string_view word);
  void take_parameter(const Token& token);
  std::string_view column_here() const;
  void take_sign(std::string_view sign);

  std::string_view statement_;
  SqlTokens tokens_;
  std::vector<std::string> names_;  // of parameters
  std::vector<Literal> literals_;
  std::vector<std::string_view> columns_;  // of the list in parentheses before VALUES
  std::string_view word_;                  // the last one that can be a column
  std::size_t place_ = 0;                  // in the row of VALUES
  std::size_t depth_ = 0;
  std::size_t seen_ = 0;  // parameters written as ?
  bool in_values_ = false;
};

void ColumnPlaces::read() {
  for (Token token = tokens_.next(); token.kind != Kind::kEnd; token = tokens_.next()) take(token);
}

void ColumnPlaces::take(const Token& token) {
  const bool is_value =
      token.kind == Kind::kLiteral || (in_values_ && is_literal(statement_, token));
  if (is_value) {
    literals_.push_back({column_here(), token.text});
  } else if (token.kind == Kind::kParameter) {
    take_parameter(token);
  } else if (token.kind == Kind::kSign) {
    take_sign(token.text);
  } else {
    take_word(token.text);
  }
}

void ColumnPlaces::take_word(std::string_view word) {
  if (equals_ignoring_case(word, "VALUES") || equals_ignoring_case(word, "VALUE")) {
    in_values_ = depth_ == 0;
    return;
  }
  static constexpr std::array kOperators = {"LIKE", "ILIKE", "IN", "IS", "NOT", "ANY", "BETWEEN"};
  if (is_one_of(word, kOperators)) return;
  word_ = word;
  if (!in_values_ && depth_ == 1 && columns_.size() < kMaxSqlParameters) columns_.push_back(word_);
}

void ColumnPlaces::take_sign(std::string_view sign) {
  if (sign == "(" && depth_++ == 0) {
    if (!in_values_) columns_.clear();
    place_ = 0;
  }
  if (sign == ")" && depth_ > 0) --depth_;
  if (sign == "," && depth_ == 1) ++place_;
  if (sign == "," && depth_ == 0 && !in_values_) word_ = {};
}

void ColumnPlaces::take_parameter(const Token& token) {
  std::size_t index = seen_++;
  if (token.text != "?") index = parse_decimal(token.text.substr(1)).value_or(0) - 1;
  if (index >= kMaxSqlParameters) return;
  if (index >= names_.size()) names_.resize(index + 1);
  names_[index] = column_here();
}

std::string_view ColumnPlaces::column_here() const {
  if (!in_values_ || depth_ == 0) return word_;
  return place_ < columns_.size() ? columns_[place_] : std::string_view();
}

void find_by_column(std::string_view statement, bool has_escapes, const WireText& out,
                    std::vector<Finding>& findings) {
  ColumnPlaces places(statement, has_escapes);
  places.read();
  for (const auto& [column, text] : places.literals()) {
    const std::string_view class_name = out.class_of(column);
    if (class_name.empty() || !is_plausible_value(class_name, text)) continue;
    const auto begin = static_cast<std::size_t>(text.data() - statement.data());
    findings.push_back({{begin, begin + text.size()}, class_name});
  }
}

}  // namespace

void tell_sql(std::string_view statement, WireText& out) {
  if (out.is_shape()) return;
  if (!is_readable(statement)) return out.runs(statement);
  // Servers differ in whether a backslash escapes: what is secret either way is replaced.
  std::vector<Finding> findings;
  for (const bool has_escapes : {true, false}) {
    SecretLiterals(statement, has_escapes).find(findings);
    find_by_column(statement, has_escapes, out, findings);
  }
  merge_findings(findings);
  std::string told;
  std::size_t done = 0;
  for (const Finding& finding : findings) {
    const auto [begin, end] = finding.range;
    told += statement.substr(done, begin - done);
    told += out.scanner().replace(finding.class_name, statement.substr(begin, end - begin));
    done = end;
  }
  told += statement.substr(done);
  out.value(told);
  wipe(told);
}

std::vector<std::string> sql_parameter_names(std::string_view statement) {
  ColumnPlaces places(statement, true);
  places.read();
  return std::move(places.parameters());
}

}  // namespace scopetrace
