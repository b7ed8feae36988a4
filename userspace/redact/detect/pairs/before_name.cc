// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/detect/pairs/before_name.h"

#include <algorithm>
#include <array>
#include <string>

#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

constexpr std::ptrdiff_t kMaxDeclared = 4;  // words before a name that is set

template <class List>
bool is_one_of(const List& list, std::string_view text) {
  return std::any_of(list.begin(), list.end(),
                     [&](std::string_view x) { return equals_ignoring_case(x, text); });
}

}  // namespace

bool declares(std::string_view before) {
  constexpr std::array<std::string_view, 17> kWords = {
      "env",           "setenv",           "set",        "arg",           "export",
      "fastcgi_param", "proxy_set_header", "add_header", "requestheader", "header",
      "passenv",       "sethandler",       "define",     "set-header",    "setx",
      "add-header",    "#define"};
  while (!before.empty() && before.back() == '$') before.remove_suffix(1);
  before = trim(before);
  const std::string_view last = before.substr(before.find_last_of(" \t") + 1);
  const std::string_view first = before.substr(0, before.find_first_of(" \t"));
  if (std::count(before.begin(), before.end(), ' ') > kMaxDeclared) return false;  // prose
  const bool is_option_of_set = last.size() <= 4 && last.starts_with("-");         // set -gx
  return is_one_of(kWords, last) || (is_one_of(kWords, first) && !last.empty()) ||
         (is_option_of_set && is_one_of(kWords, first));
}

bool configures(std::string_view before) {
  constexpr std::array<std::string_view, 5> kCommands = {
      "config set ", "configure set ", "config --set ", "config --global ", "config --add "};
  return std::any_of(kCommands.begin(), kCommands.end(),
                     [&](std::string_view command) { return before.find(command) != before.npos; });
}

bool stores(std::string_view before) {
  constexpr std::array<std::string_view, 7> kVerbs = {
      " put ", " set ", " write ", " env:set ", " config:set ", " secrets:set ", " set-secret "};
  constexpr std::string_view kSetOfApp = " set-env ";
  constexpr std::size_t kMaxCommand = 160;
  if (before.size() > kMaxCommand) before.remove_prefix(before.size() - kMaxCommand);
  const auto last = before.find_last_of(" \t");  // a path in front of the name is part of it
  if (last == before.npos) return false;
  const std::string command = " " + to_lower(before.substr(0, last + 1));
  if (command.find(kSetOfApp) != command.npos) return true;
  return std::any_of(kVerbs.begin(), kVerbs.end(),
                     [&](std::string_view verb) { return command.ends_with(verb); });
}

bool is_of_netrc(std::string_view before) {
  if (before.find_first_of("[<{|") != before.npos) return false;
  before = trim(before);
  before = trim(before.substr(0, before.find_last_of(" \t") + 1));
  return before.ends_with("login") || before.ends_with("machine") || before.ends_with("account");
}

}  // namespace scopetrace
