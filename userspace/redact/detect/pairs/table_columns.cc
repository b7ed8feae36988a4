// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/pairs/table_columns.h"

#include <algorithm>

#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

std::string_view unquoted(std::string_view field) {
  field = trim(field);
  if (field.size() >= 2 && field.front() == '"' && field.back() == '"') {
    return field.substr(1, field.size() - 2);
  }
  return field;
}

// What a value looks like and a name does not: digits before letters, or many of them.
bool is_value(std::string_view field) {
  if (is_random_token(field) || is_shuffled(field)) return true;
  return field.size() >= 8 && count_digits(field) >= 2 && is_secret_word(field) &&
         field.find('_') == field.npos;
}

// +----+-----+ and |---|:--:| and ---- + ----
bool is_rule(std::string_view line) {
  line = trim(line);
  return line.find('-') != line.npos && line.find_first_not_of("-+|=: ") == line.npos;
}

bool is_column_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || !has_letter(name)) return false;
  return !is_blank(name[0]) && std::all_of(name.begin(), name.end(), [](char c) {
    return is_alnum(c) || c == '_' || c == '-' || c == '.' || c == ' ';
  });
}

// The fields of a row, without their quotes' meaning resolved.
std::vector<TextRange> split_row(std::string_view line, char separator, std::size_t limit) {
  std::vector<TextRange> fields;
  bool is_quoted = false;
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= line.size() && fields.size() <= limit; ++at) {
    if (at < line.size() && line[at] == '"') is_quoted = !is_quoted;
    if (at < line.size() && (is_quoted || line[at] != separator)) continue;
    fields.push_back({begin, at});
    begin = at + 1;
  }
  return fields;
}

char separator_of(std::string_view line) {
  for (const char c : {',', '\t', ';', '|'}) {
    if (line.find(c) != line.npos) return c;
  }
  return '\0';
}

}  // namespace

bool TableColumns::begin(std::string_view line, std::string_view next, const NameTable& names) {
  line = trim(line);
  separator_ = separator_of(line);
  if (separator_ == '\0') return false;
  if (separator_ == '|' && line.find(' ') != line.npos && !is_rule(next)) return false;
  const auto fields = split_row(line, separator_, kMaxFields);
  std::vector<Column> columns;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto name = unquoted(line.substr(fields[i].begin, fields[i].end - fields[i].begin));
    const bool is_edge = separator_ == '|' && (i == 0 || i + 1 == fields.size()) && name.empty();
    const NameTable::Match found = names.match(name);
    const bool is_known = !found.class_name.empty() && name.find('_') != name.npos;
    const bool is_name = is_column_name(name) && (is_known || !is_value(name));
    if (!is_edge && !is_name) return false;
    if (!found.class_name.empty()) columns.push_back({i, found.class_name, found.needs_look});
  }
  if (columns.empty()) return false;
  fields_ = fields.size();
  columns_ = std::move(columns);
  return true;
}

void TableColumns::take_row(std::string_view line, std::size_t begin,
                            std::vector<Finding>& findings) {
  if (is_rule(line)) return;
  while (!line.empty() && is_space(line.back()) && line.back() != '\t') line.remove_suffix(1);
  const auto fields = split_row(line, separator_, kMaxFields);
  if (fields.size() != fields_) return end();
  for (const auto& [index, class_name, needs_look] : columns_) {
    const std::string_view field =
        line.substr(fields[index].begin, fields[index].end - fields[index].begin);
    const std::string_view value = unquoted(field);
    if (!is_plausible_value(class_name, value)) continue;
    if (needs_look && !has_look_of(class_name, value)) continue;
    const std::size_t at = begin + static_cast<std::size_t>(value.data() - line.data());
    findings.push_back({{at, at + value.size()}, class_name});
  }
}

}  // namespace scopetrace
