// SPDX-License-Identifier: Apache-2.0
// Lines made from the rules: one with every member that a type may have. Tests only.
#pragma once

#include <string>
#include <string_view>

#include "userspace/bundle/json_line.h"
#include "userspace/export/line_fields.h"

namespace scopetrace {

// The place of a path of line_fields.h in `root`, made where it is missing: element 0 of a list,
// member `any` of a map.
inline Json& place_of(Json& root, std::string_view path) {
  Json* at = &root;
  while (!path.empty()) {
    const std::string_view step = path.substr(0, path.find('.'));
    path.remove_prefix(std::min(step.size() + 1, path.size()));
    const std::string_view brackets = step.substr(std::min(step.find_first_of("[{"), step.size()));
    at = &(*at)[std::string(step.substr(0, step.size() - brackets.size()))];
    if (brackets == "{}") at = &(*at)["any"];
    if (brackets == "[]" && !at->is_array()) *at = Json::array({Json()});
    if (brackets == "[]") at = &(*at)[0];
  }
  return *at;
}

// A text that says which member it stands in; a word, so that it may stand wherever words may.
inline std::string marker(std::string_view path) {
  std::string text(path);
  for (char& c : text) c = c == '[' || c == ']' || c == '{' || c == '}' ? '_' : c;
  return "marker:" + text + ":end";
}

// A line of a type with a marker in every member but the common ones.
inline std::string made_line(const LineRules& rules) {
  Json line = {{"type", rules.type}, {"n", 7},      {"time", "2026-09-21T14:13:20.150000000Z"},
               {"tgid", 4211},       {"tid", 4212}, {"conn", "3"}};
  for (const FieldRule& rule : rules.fields) place_of(line, rule.path) = marker(rule.path);
  return dump_line(line);
}

}  // namespace scopetrace
