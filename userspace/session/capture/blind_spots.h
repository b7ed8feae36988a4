// SPDX-License-Identifier: Apache-2.0
// What a target does that no probe can see, as far as its descriptors tell.
#pragma once

#include <cstdint>
#include <string>

namespace scopetrace {

// Whether the process holds a ring of io_uring: what that moves is not seen, and where a thread of
// the kernel takes its requests there is not even a call to count. False when its descriptors
// cannot be listed. Source: /proc/TGID/fd, proc(5).
bool has_io_uring(std::uint32_t tgid, const std::string& proc_root = "/proc");

}  // namespace scopetrace
