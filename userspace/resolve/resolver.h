// SPDX-License-Identifier: Apache-2.0
// The sandboxed side of the resolver: reads one hostile file, answers with sites.
#pragma once

#include <array>
#include <cstdint>

#include "userspace/resolve/site.h"
#include "userspace/resolve/site_picker.h"

namespace scopetrace {

// What went wrong, as a number: no text leaves the sandbox.
enum class ResolverStatus : std::uint32_t { kFound = 0, kUnsupported = 1, kCorrupt = 2 };

// The one datagram that the resolver sends: this header, then `count` sites.
struct ResolverHeader {
  ResolverStatus status = ResolverStatus::kFound;
  std::uint32_t count = 0;
  GoFacts go;
};
static_assert(sizeof(ResolverHeader) == 12, "layout of ResolverHeader crosses a process boundary");

// Reads the file behind `file_fd`, sends the answer to `socket_fd` (SOCK_SEQPACKET) and returns the
// exit status: 0 when an answer was sent. Call it inside the sandbox; it may be killed at any time,
// also by SIGBUS when the file is cut while it is read.
int run_resolver(int file_fd, int socket_fd, const PickOptions& options);
inline int run_resolver(int file_fd, int socket_fd) { return run_resolver(file_fd, socket_fd, {}); }

}  // namespace scopetrace
