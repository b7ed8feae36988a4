// SPDX-License-Identifier: Apache-2.0
#include "userspace/wire/call_table.h"

#include <algorithm>
#include <map>

namespace scopetrace {
namespace {

ArgumentType type_of(char letter) {
  switch (letter) {
    case 'd':
      return ArgumentType::kDescriptor;
    case 'i':
      return ArgumentType::kSigned;
    case 'u':
      return ArgumentType::kUnsigned;
    case 'x':
      return ArgumentType::kFlags;
    case 'o':
      return ArgumentType::kMode;
    case 't':
      return ArgumentType::kText;
    default:
      return ArgumentType::kHidden;
  }
}

// "fd:d address:t"
std::vector<CallArgument> parse_arguments(std::string_view text) {
  std::vector<CallArgument> arguments;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    const auto colon = word.find(':');
    arguments.push_back({word.substr(0, colon), type_of(word.back())});
    text.remove_prefix(std::min(text.size(), word.size() + 1));
  }
  return arguments;
}

using Table = std::map<std::uint16_t, CallKind>;

Table make_table() {
  Table table;
#define ST_CALL_ROW(number, name, family, kind, first, second, is_wait, arguments) \
  table[number] = {number, #name, ST_CALLS_##family, ST_TEXT_##kind, parse_arguments(arguments)};
  ST_CALL_LIST(ST_CALL_ROW)
#undef ST_CALL_ROW
  return table;
}

}  // namespace

const CallKind* find_call(std::uint16_t number) {
  static const Table table = make_table();
  const auto found = table.find(number);
  return found == table.end() ? nullptr : &found->second;
}

}  // namespace scopetrace
