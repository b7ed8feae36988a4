// SPDX-License-Identifier: Apache-2.0
// Reads the beginning of an x86-64 function: how it starts and which call it makes first.
#pragma once

#include <cstdint>
#include <optional>

#include "userspace/base/bytes.h"

namespace scopetrace {

inline constexpr std::size_t kEntryBlockBytes = 128;  // looked at from a function's start
inline constexpr std::size_t kEntryBlockInstructions = 32;
inline constexpr std::size_t kStraightInstructions = 8;  // before a cheap entry

// What an argument register holds when the first call is made.
enum class ArgumentValue : std::uint8_t {
  kOther,
  kArgument1,  // what the function itself was given in rdi
  kArgument2,  // rsi
  kArgument3,  // rdx, possibly sign-extended from edx
  kArgument4,  // rcx
  kStack,      // an address in the function's own frame
};

// The first `call rel32` of an entry block and what it passes on.
struct FirstCall {
  std::uint64_t target = 0;                      // address
  bool keeps_arguments = false;                  // rdi, rsi and rdx are the function's own
  ArgumentValue fourth = ArgumentValue::kOther;  // rcx
  ArgumentValue fifth = ArgumentValue::kOther;   // r8
};

// Bytes of endbr64 at the start of `code`: 4 or 0.
std::size_t endbr_bytes(Bytes code);
// Whether the instruction at the start of `code` is one that the kernel emulates: push, nop, and
// jumps to a fixed place.
bool starts_cheap(Bytes code);
// The offset of the first such instruction that is reached from the start of `code` in a straight
// line, with the return address on top of the stack and the first `arguments` (3, 4 or 5) argument
// registers as the caller set them. Nothing when something else comes first.
std::optional<std::size_t> find_cheap_entry(Bytes code, std::size_t arguments);
// Decodes from `address` until the first call. Conditional jumps are not followed (the path that is
// not taken reaches the call); nothing is returned when anything else ends the block.
std::optional<FirstCall> find_first_call(Bytes code, std::uint64_t address);

}  // namespace scopetrace
