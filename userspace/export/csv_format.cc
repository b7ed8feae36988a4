// SPDX-License-Identifier: Apache-2.0
#include "userspace/export/csv_format.h"

#include <algorithm>

#include "userspace/export/json_members.h"

namespace scopetrace {
namespace {

// What a terminal would obey.
bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\r' && c != '\n') || byte == 0x7f;
}

std::string escape_control(char c) {
  const std::byte byte{static_cast<unsigned char>(c)};
  return "\\u00" + to_hex({&byte, 1});
}

// Members in a list or a map are one cell: their path ends at the brackets.
std::string column_name(std::string_view path) {
  return std::string(path.substr(0, path.find_first_of("[{")));
}

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> steps;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('.'), path.size());
    steps.emplace_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return steps;
}

std::vector<std::string> column_names(const std::string& type) {
  std::vector<std::string> names = {"type", "n", "time", "tgid", "tid", "conn"};
  for (const LineRules& rules : all_line_rules()) {
    if (rules.type != type) continue;
    for (const FieldRule& rule : rules.fields) {
      const std::string name = column_name(rule.path);
      if (names.back() != name) names.push_back(name);
    }
  }
  names.emplace_back("derived");
  return names;
}

// A list of words; anything else in it makes it JSON.
std::string list_text(const Json& list) {
  std::string text;
  for (const Json& item : list) {
    if (!item.is_string()) return list.dump(-1, ' ', false, Json::error_handler_t::replace);
    text += (text.empty() ? "" : " ") + item.get<std::string>();
  }
  return text;
}

std::string cell(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return csv_text(value.get_ref<const std::string&>());
  if (value.is_array()) return csv_text(list_text(value));
  const std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  return value.is_object() ? csv_text(text) : text;
}

const Json& value_at(const Json& line, const std::vector<std::string>& steps) {
  const Json* at = &line;
  for (const std::string& step : steps) at = &member_at(*at, {step.c_str()});
  return *at;
}

}  // namespace

std::string csv_text(std::string_view text) {
  const bool is_formula = !text.empty() && std::string_view("=+-@\t\r").find(text[0]) != text.npos;
  const bool is_plain = text.find_first_of(",\"\r\n") == std::string_view::npos &&
                        std::none_of(text.begin(), text.end(), is_control);
  if (!is_formula && is_plain) return std::string(text);
  std::string out = is_formula ? "\"'" : "\"";
  for (const char c : text) {
    if (is_control(c)) {
      out += escape_control(c);
    } else {
      out.append(c == '"' ? 2 : 1, c);
    }
  }
  return out + "\"";
}

Result<CsvFormat::Table*> CsvFormat::table_of(const std::string& type) {
  const auto found = tables_.find(type);
  if (found != tables_.end()) return &found->second;
  Table table;
  ST_ASSIGN_OR_RETURN(table.file, folder_.add(type + ".csv"));
  std::string header;
  for (const std::string& name : column_names(type)) {
    header += (header.empty() ? "" : ",") + name;
    table.columns.push_back(split_path(name));
  }
  ST_RETURN_IF_ERROR(table.file->write(header + "\r\n"));
  return &tables_.emplace(type, std::move(table)).first->second;
}

Status CsvFormat::add(const ExportLine& line) {
  ST_ASSIGN_OR_RETURN(Table * table, table_of(text_at(line.content, {"type"})));
  std::string row;
  for (const auto& steps : table->columns) {
    row += cell(value_at(line.content, steps));
    row += ',';
  }
  row.back() = '\r';
  return table->file->write(row + "\n");
}

Result<std::unique_ptr<ExportFormat>> make_csv_format(const ExportProfile& /*profile*/,
                                                      OutputFolder& folder) {
  return std::make_unique<CsvFormat>(folder);
}

}  // namespace scopetrace
