// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "userspace/redact/detect/cursor.h"
#include "userspace/redact/detect/pairs/assignment.h"

namespace scopetrace {
namespace {

// --name NAME, secret set NAME; the name may be the last part of a path.
bool is_named_by_option(std::string_view text, std::size_t at) {
  constexpr std::size_t kMaxPath = 128;
  constexpr std::array<std::string_view, 10> kBefore = {
      " -Name ", " /v ",        " --name ",     " --name=",      " -n ",
      " --key ", "secret set ", "secrets set ", "variable set ", "env add "};
  const std::size_t limit = at > kMaxPath ? at - kMaxPath : 0;
  if (at > 0 && text[at - 1] == '/') {
    while (at > limit && (is_key_char(text[at - 1]) || text[at - 1] == '/')) --at;
  }
  return std::any_of(kBefore.begin(), kBefore.end(),
                     [&](std::string_view known) { return stands_before(text, at, known); });
}

// <key>, <name>, <th>: tags whose text is a name.
bool opens_name(std::string_view text, std::size_t at) {
  constexpr std::array<std::string_view, 8> kTags = {"name>", "key>", "Name>", "Key>",
                                                     "<th>",  "<td>", "<dt>",  "<label>"};
  return at > 0 && text[at - 1] == '>' &&
         std::any_of(kTags.begin(), kTags.end(),
                     [&](std::string_view tag) { return stands_before(text, at, tag); });
}

// Where the words before `at` begin: "Api " of "Api Token".
std::size_t spaced_begin(std::string_view text, std::size_t at) {
  constexpr std::size_t kMaxWords = 24;
  const std::size_t limit = at > kMaxWords ? at - kMaxWords : 0;
  if (at == 0 || text[at - 1] != ' ') return at;
  while (at > limit && (is_alnum(text[at - 1]) || text[at - 1] == ' ')) --at;
  return at;
}

}  // namespace

bool is_output(std::string_view text, TextRange name) {
  constexpr std::string_view kName = " name=";
  const std::string_view before = text.substr(0, name.begin);
  if (!before.ends_with(kName)) return false;
  const std::size_t end = before.size() - kName.size();
  constexpr std::size_t kMaxCommand = 24;
  const std::size_t from = end > kMaxCommand ? end - kMaxCommand : 0;
  return before.substr(from, end - from).find("::") != before.npos;
}

bool is_braced_index(std::string_view text, TextRange name) {
  if (name.begin < 2 || text[name.begin - 1] != '{') return false;
  return is_alnum(text[name.begin - 2]) || text[name.begin - 2] == '>';
}

bool is_said_name(std::string_view text, TextRange name) {
  if (is_named_by_option(text, name.begin)) return true;
  std::size_t at = quote_begin(text, name.begin).value_or(name.begin);
  if (opens_name(text, spaced_begin(text, at))) return true;
  while (at > 0 && is_blank(text[at - 1])) --at;
  if (at == 0) return false;
  const std::string_view before = text.substr(at > 12 ? at - 12 : 0, std::min<std::size_t>(at, 12));
  constexpr std::array<std::string_view, 8> kEnds = {"name",  "key", "Name", "Key",
                                                     "<key>", "id",  "type", "property"};
  const char sign = before.back();
  if (sign == '>') return opens_name(text, at);
  if (sign != '=' && sign != ':') return false;
  std::string_view word = trim(before.substr(0, before.size() - 1));
  while (!word.empty() && (is_quote(word.back()) || word.back() == '\\')) word.remove_suffix(1);
  return std::any_of(kEnds.begin(), kEnds.end(),
                     [&](std::string_view end) { return word.ends_with(end); });
}

}  // namespace scopetrace
