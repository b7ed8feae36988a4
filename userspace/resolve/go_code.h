// SPDX-License-Identifier: Apache-2.0
// Reads the machine code of one Go function: where it may be probed when it begins and returns.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "userspace/base/bytes.h"

namespace scopetrace {

inline constexpr std::size_t kMaxGoCodeBytes = 64 * 1024;  // Write and Read have 2 KiB

struct GoCode {
  // Offsets from the function's start, in bytes.
  std::uint64_t entry = 0;  // the jump of the stack check: arguments and stack are still untouched,
                            // and the kernel emulates it
  std::vector<std::uint64_t> returns;  // each RET instruction; at least one
  // The first two arguments (RAX, RBX) are stored into their caller's frame, at 8 and 16 behind the
  // return address, before anything else can happen, and these are never written again.
  bool is_homed = false;
};

// Decodes all of it. Nothing when it does not begin with the stack check that Go's compiler makes,
// jumps out of itself (so may return elsewhere), or holds what cannot be decoded: without every
// return there is no probe at all.
std::optional<GoCode> read_go_code(Bytes code);

}  // namespace scopetrace
