// SPDX-License-Identifier: Apache-2.0
// What the arguments of system calls are, from ST_CALL_LIST of bpf/event.h.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "bpf/event.h"

namespace scopetrace {

enum class ArgumentType : std::uint8_t {
  kHidden,  // a pointer to something that is not told
  kDescriptor,
  kSigned,    // 32 bits
  kUnsigned,  // 32 bits
  kFlags,     // hexadecimal
  kMode,      // octal
  kText       // what a text of the event says
};

struct CallArgument {
  std::string_view name;
  ArgumentType type = ArgumentType::kHidden;
};

struct CallKind {
  std::uint16_t number = 0;  // x86-64
  std::string_view name;
  st_call_family family = ST_CALLS_FILES;
  st_call_text text = ST_TEXT_NONE;
  std::vector<CallArgument> arguments;  // in order, at most 6
};

// nullptr for a number that no row of the table has.
const CallKind* find_call(std::uint16_t number);

}  // namespace scopetrace
