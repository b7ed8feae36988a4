// SPDX-License-Identifier: Apache-2.0
// The sandboxed side of the resolver: reads one hostile file, and its debug file where there is
// one, and answers with sites.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "userspace/resolve/elf.h"
#include "userspace/resolve/linked_stacks.h"
#include "userspace/resolve/site.h"
#include "userspace/resolve/site_picker.h"

namespace scopetrace {

// What went wrong, as a number: no text leaves the sandbox.
enum class ResolverStatus : std::uint32_t { kFound = 0, kUnsupported = 1, kCorrupt = 2 };

// The one datagram that the resolver sends: this header, then `count` sites.
struct ResolverHeader {
  ResolverStatus status = ResolverStatus::kFound;
  std::uint32_t count = 0;
  LinkedStacks linked = 0;           // and not covered by the sites
  std::uint32_t build_id_bytes = 0;  // 0: it has none
  std::array<std::byte, kMaxBuildIdBytes> build_id{};
  GoFacts go;
};
static_assert(sizeof(ResolverHeader) == 52, "layout of ResolverHeader crosses a process boundary");

// What a run of the resolver reads and where it answers.
struct ResolverInput {
  int file_fd = -1;
  int socket_fd = -1;  // SOCK_SEQPACKET
  int debug_fd = -1;   // a debug file, whose symbols count if its build id is the file's; -1: none
  PickOptions options = {};
};

// Reads the file, sends the answer and returns the exit status: 0 when an answer was sent. Call it
// inside the sandbox; it may be killed at any time, also by SIGBUS when the file is cut while it is
// read.
int run_resolver(const ResolverInput& input);

}  // namespace scopetrace
