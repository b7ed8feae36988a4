// SPDX-License-Identifier: Apache-2.0
// An empty Landlock rule set: no path, no TCP port.
#pragma once

#include <cstdint>

#include "userspace/base/result.h"

namespace scopetrace {

// Restricts this thread; needs no_new_privs. Returns the kernel's Landlock ABI, 0 when it has none
// (not an error: the caller reports the missing layer). Source: landlock(7).
Result<std::uint32_t> restrict_by_landlock();

}  // namespace scopetrace
