// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/programs/sql_literals.h"

#include <algorithm>
#include <array>

#include "userspace/redact/detect/look_ahead.h"
#include "userspace/redact/detect/programs/sql_text.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxStatement = 12288;  // bytes of one that are looked at; below what a
                                              // stream holds back
constexpr std::size_t kMaxColumns = 128;
constexpr std::size_t kMaxBetween = 160;  // from the columns to VALUES
constexpr std::size_t kMaxBack = 2048;    // from parameters back to their statement
constexpr std::size_t kMaxAhead = 1024;   // from a parameter to the list that has its value

// The class of each column; empty for those that are not sensitive.
struct Columns {
  std::array<std::string_view, kMaxColumns> classes;
  std::size_t count = 0;
  bool has_class = false;
  std::size_t end = 0;  // behind the closing parenthesis
};

class SqlFinder {
 public:
  SqlFinder(ScanText& scan, const NameTable& names, std::vector<Finding>& findings)
      : scan_(scan), text_(scan.text), names_(names), findings_(findings) {}

  void take_insert(std::size_t begin, std::size_t end);
  void take_identified(std::size_t begin, std::size_t end);
  void take_password(std::size_t begin, std::size_t end);
  void take_set_password(std::size_t begin, std::size_t end);
  void take_call(std::size_t begin, std::size_t end);
  void take_key_call(std::size_t end);
  void take_parameters(std::size_t begin, std::size_t end);

 private:
  std::string_view slice(TextRange range) const {
    return text_.substr(range.begin, range.end - range.begin);
  }
  void add(TextRange range, std::string_view class_name = "generic-password") {
    if (range.end > range.begin && is_plausible_value(class_name, slice(range)))
      findings_.push_back({range, class_name});
  }
  std::optional<Columns> columns_at(std::size_t at, std::size_t limit) const;
  std::optional<std::size_t> columns_begin(std::size_t at, std::size_t limit) const;
  std::size_t take_rows(std::size_t begin, std::size_t at, const Columns& columns);
  std::size_t take_row(std::size_t begin, std::size_t at, const Columns& columns);
  void take_value(std::size_t begin, TextRange value, std::string_view class_name);
  void take_later(std::size_t begin, TextRange parameter, std::string_view class_name);
  std::size_t skip_words(std::size_t at) const;
  std::optional<std::string_view> class_of_parameter(std::string_view before,
                                                     std::string_view parameter) const;
  std::optional<std::string_view> class_of_inserted(std::string_view before,
                                                    std::string_view parameter) const;

  ScanText& scan_;
  std::string_view text_;
  const NameTable& names_;
  std::vector<Finding>& findings_;
};

// Where `word` stands in `text` from `from` on, in any case.
std::size_t find_word(std::string_view text, std::string_view word, std::size_t from) {
  for (std::size_t at = from; at + word.size() <= text.size(); ++at)
    if (equals_ignoring_case(text.substr(at, word.size()), word)) return at;
  return text.npos;
}

std::optional<Columns> SqlFinder::columns_at(std::size_t at, std::size_t limit) const {
  Columns columns;
  at = skip_sql_space(text_, at);
  while (at < limit && columns.count < kMaxColumns) {
    const auto name = sql_name_at(text_, skip_sql_space(text_, at));
    if (!name) return std::nullopt;
    const std::string_view class_name = names_.class_of(slice(name->name)).value_or("");
    columns.classes[columns.count++] = class_name;
    columns.has_class = columns.has_class || !class_name.empty();
    at = skip_sql_space(text_, name->end);
    if (at >= limit) return std::nullopt;
    if (text_[at] == ')') {
      columns.end = at + 1;
      return columns;
    }
    if (text_[at++] != ',') return std::nullopt;
  }
  return std::nullopt;
}

// The parenthesis that opens the columns, behind the table's name from `at` on.
std::optional<std::size_t> SqlFinder::columns_begin(std::size_t at, std::size_t limit) const {
  const auto table = sql_name_at(text_, skip_sql_space(text_, at));
  if (!table) return std::nullopt;
  at = skip_sql_space(text_, table->end);
  while (at < limit && is_in(text_[at], ".\"`[")) {
    const auto part = sql_name_at(text_, at + (text_[at] == '.' ? 1 : 0));
    if (!part) return std::nullopt;
    at = skip_sql_space(text_, part->end);
  }
  return at < limit && text_[at] == '(' ? std::optional(at) : std::nullopt;
}

// INSERT INTO table (columns) VALUES (…), (…)
void SqlFinder::take_insert(std::size_t begin, std::size_t end) {
  const std::size_t limit = std::min(text_.size(), begin + kMaxStatement);
  const auto open = columns_begin(end, limit);
  if (!open) return;
  const auto columns = columns_at(*open + 1, limit);
  const bool is_open = limit == text_.size();
  if (!columns && is_open && text_.find(')', *open) == text_.npos) wants_line(scan_, begin);
  if (!columns || !columns->has_class) return;
  const std::string_view between = text_.substr(columns->end, kMaxBetween);
  const auto values = find_word(between, "values", 0);
  const bool is_cut = values == between.npos && between.size() < kMaxBetween;
  if (is_open && is_cut) wants_line(scan_, begin);
  if (values == between.npos) return;
  const std::size_t last = take_rows(begin, columns->end + values + 6, *columns);
  if (last >= limit && is_open) wants_line(scan_, begin);
}

// All rows of the statement that began at `begin`; returns where they end.
std::size_t SqlFinder::take_rows(std::size_t begin, std::size_t at, const Columns& columns) {
  const std::size_t limit = std::min(text_.size(), begin + kMaxStatement);
  for (;; ++at) {
    at = skip_sql_space(text_, at);
    if (at < limit && text_[at] == '(') at = take_row(begin, at + 1, columns);
    at = skip_sql_space(text_, at);
    if (at >= limit || text_[at] != ',') return at;
  }
}

// One row, from behind its parenthesis; returns where it ends. The statement began at `begin`.
std::size_t SqlFinder::take_row(std::size_t begin, std::size_t at, const Columns& columns) {
  const std::size_t limit = std::min(text_.size(), begin + kMaxStatement);
  for (std::size_t i = 0; at < limit; ++i) {
    const TextRange value = sql_expression_at(text_, at, limit);
    if (i < columns.count && !columns.classes[i].empty())
      take_value(begin, value, columns.classes[i]);
    at = skip_sql_space(text_, value.end);
    if (at >= limit || text_[at] != ',') break;
    ++at;
  }
  return at < limit ? at + 1 : at;
}

// A literal, the one inside a call, or a parameter whose value is logged behind the statement.
void SqlFinder::take_value(std::size_t begin, TextRange value, std::string_view class_name) {
  if (const auto string = first_sql_string(text_, value)) return add(*string, class_name);
  const std::string_view written = slice(value);
  if (written.empty()) return;
  if (written.size() > 1 && written[0] == '$' && is_digit(written[1]))
    return take_later(begin, value, class_name);
  if (!is_in(written[0], "?:@%")) add(value, class_name);
}

// $n = 'x' in the list of parameters behind the statement, maybe in the next line.
void SqlFinder::take_later(std::size_t begin, TextRange parameter, std::string_view class_name) {
  const std::string_view ahead = text_.substr(parameter.end, kMaxAhead);
  const auto list = ahead.find("arameters: $");
  if (list == ahead.npos) {
    if (ahead.size() < kMaxAhead) wants_line(scan_, begin);
    return;
  }
  const std::string_view written = slice(parameter);
  for (auto at = ahead.find(written, list); at != ahead.npos; at = ahead.find(written, at + 1)) {
    const std::size_t sign = skip_sql_space(text_, parameter.end + at + written.size());
    if (sign >= text_.size() || text_[sign] != '=') continue;
    const auto string = sql_string_at(text_, skip_sql_space(text_, sign + 1));
    if (!string) return;
    if (string->end == text_.size()) wants_line(scan_, begin);
    return add(*string, class_name);
  }
}

// Behind the words between IDENTIFIED and the literal: BY, WITH plugin BY, BY PASSWORD.
std::size_t SqlFinder::skip_words(std::size_t at) const {
  for (int i = 0; i < 4; ++i) {
    const std::size_t begin = skip_sql_space(text_, at);
    std::size_t end = begin;
    while (end < text_.size() && end - begin < 64 && (is_alnum(text_[end]) || text_[end] == '_'))
      ++end;
    const std::string_view word = text_.substr(begin, end - begin);
    constexpr std::array<std::string_view, 6> kWords = {"by",       "with",   "as",
                                                        "password", "values", "via"};
    const bool is_known = std::any_of(kWords.begin(), kWords.end(), [&](std::string_view known) {
      return equals_ignoring_case(word, known);
    });
    const bool is_plugin = i == 1 && word.find('_') != word.npos;
    if (!is_known && !is_plugin) return begin;
    at = end;
  }
  return skip_sql_space(text_, at);
}

void SqlFinder::take_identified(std::size_t begin, std::size_t end) {
  const std::size_t at = skip_words(end);
  if (at >= text_.size()) return wants_line(scan_, begin);
  if (const auto string = sql_string_at(text_, at)) {
    if (string->end == text_.size()) wants_line(scan_, begin);
    return add(*string);
  }
  std::size_t stop = at;  // Oracle: IDENTIFIED BY tiger
  while (stop < text_.size() && stop - at < 128 && !is_space(text_[stop]) && text_[stop] != ';' &&
         text_[stop] != '"' && text_[stop] != '\\')
    ++stop;
  const std::string_view before = text_.substr(end, at - end);
  if (find_word(before, "by", 0) != before.npos && stop > at) add({at, stop});
}

// PASSWORD 'x' as a clause of its own.
void SqlFinder::take_password(std::size_t begin, std::size_t end) {
  const std::size_t at = skip_sql_space(text_, begin + std::string_view("PASSWORD").size());
  if (at >= end) return;
  const auto string = sql_string_at(text_, at);
  if (!string) return;
  if (string->end == text_.size()) wants_line(scan_, begin);
  add(*string);
}

void SqlFinder::take_set_password(std::size_t begin, std::size_t end) {
  constexpr std::size_t kMaxUser = 128;
  const auto sign = text_.substr(end, kMaxUser).find_first_of("=;\n");
  if (sign == std::string_view::npos) return;
  const std::size_t at = skip_sql_space(text_, end + sign + 1);
  const auto string = text_[end + sign] == '=' ? sql_string_at(text_, at) : std::nullopt;
  if (!string) return;
  if (string->end == text_.size()) wants_line(scan_, begin);
  add(*string);
}

void SqlFinder::take_call(std::size_t begin, std::size_t end) {
  if (begin > 0 && (is_alnum(text_[begin - 1]) || text_[begin - 1] == '_')) return;
  const auto string = sql_string_at(text_, skip_sql_space(text_, end));
  if (!string || string->end - string->begin > 256) return;
  const std::size_t quote = sql_string_end(text_, skip_sql_space(text_, end), *string);
  const std::size_t next = skip_sql_space(text_, quote);
  if (next < text_.size() && (text_[next] == ')' || text_[next] == ',')) add(*string);
}

void SqlFinder::take_key_call(std::size_t end) {
  const std::size_t limit = std::min(text_.size(), end + kMaxSqlLiteral);
  const TextRange data = sql_expression_at(text_, end, limit);
  if (data.end >= limit || text_[data.end] != ',') return;
  const TextRange key = sql_expression_at(text_, data.end + 1, limit);
  if (const auto string = sql_string_at(text_, key.begin)) add(*string);
}

// VALUES ($1, $2) behind the columns: the class of the column that the parameter fills.
std::optional<std::string_view> SqlFinder::class_of_inserted(std::string_view before,
                                                             std::string_view parameter) const {
  const auto open = before.find('(');
  const auto close = before.find(')', open == before.npos ? 0 : open);
  if (open == before.npos || close == before.npos) return std::nullopt;
  const auto place = before.find(parameter, close);
  if (place == before.npos) return std::nullopt;
  const auto from = before.find('(', close);
  if (from == before.npos || from > place) return std::nullopt;
  const auto index = std::count(before.begin() + static_cast<std::ptrdiff_t>(from),
                                before.begin() + static_cast<std::ptrdiff_t>(place), ',');
  std::size_t at = open + 1;
  for (auto i = index; i > 0 && at < close; --i) at = std::min(before.find(',', at), close) + 1;
  const auto name = sql_name_at(before, skip_sql_space(before, at));
  return name ? names_.class_of(before.substr(name->name.begin, name->name.end - name->name.begin))
              : std::nullopt;
}

// What the statement says of $n: the name before "= $n", or the column that it is inserted in.
std::optional<std::string_view> SqlFinder::class_of_parameter(std::string_view before,
                                                              std::string_view parameter) const {
  std::size_t at = before.rfind(parameter);
  if (at == before.npos ||
      (at + parameter.size() < before.size() && is_digit(before[at + parameter.size()])))
    return std::nullopt;
  while (at > 0 && (is_space(before[at - 1]) || before[at - 1] == '=')) --at;
  std::size_t begin = at;
  while (begin > 0 && at - begin < 64 && (is_alnum(before[begin - 1]) || before[begin - 1] == '_'))
    --begin;
  if (auto class_name = names_.class_of(before.substr(begin, at - begin))) return class_name;
  const auto into =
      before.rfind(" INTO ") != before.npos ? before.rfind(" INTO ") : before.rfind(" into ");
  return into == before.npos ? std::nullopt : class_of_inserted(before.substr(into), parameter);
}

// Moves `at` over spaces, `sign` and spaces; false when it is not there.
bool skip_sql_sign(std::string_view text, std::size_t& at, char sign) {
  at = skip_sql_space(text, at);
  if (at >= text.size() || text[at] != sign) return false;
  at = skip_sql_space(text, at + 1);
  return true;
}

void SqlFinder::take_parameters(std::size_t begin, std::size_t end) {
  const std::size_t from = begin > kMaxBack ? begin - kMaxBack : 0;
  std::string_view before = text_.substr(from, begin - from);
  before = before.substr(before.rfind('\n') + 1);  // of this line
  for (std::size_t at = skip_sql_space(text_, end); at < text_.size() && text_[at] == '$';) {
    std::size_t stop = at + 1;
    while (stop < text_.size() && stop - at < 5 && is_digit(text_[stop])) ++stop;
    const std::string_view parameter = text_.substr(at, stop - at);
    at = stop;
    if (!skip_sql_sign(text_, at, '=') || at >= text_.size()) return;
    const auto string = sql_string_at(text_, at);
    if (!string) return;
    if (const auto class_name = class_of_parameter(before, parameter)) add(*string, *class_name);
    at = sql_string_end(text_, at, *string);
    if (!skip_sql_sign(text_, at, ',')) return;
  }
}

}  // namespace

void take_sql_word(ScanText& scan, const NameTable& names, SqlWord word, TextRange at,
                   std::vector<Finding>& findings) {
  SqlFinder finder(scan, names, findings);
  switch (word) {
    case SqlWord::kInto:
      return finder.take_insert(at.begin, at.end);
    case SqlWord::kIdentified:
      return finder.take_identified(at.begin, at.end);
    case SqlWord::kPassword:
      return finder.take_password(at.begin, at.end);
    case SqlWord::kSetPassword:
      return finder.take_set_password(at.begin, at.end);
    case SqlWord::kCall:
      return finder.take_call(at.begin, at.end);
    case SqlWord::kKeyCall:
      return finder.take_key_call(at.end);
    case SqlWord::kParameters:
      return finder.take_parameters(at.begin, at.end - 2);  // "$1" is part of the list
  }
}

}  // namespace scopetrace
