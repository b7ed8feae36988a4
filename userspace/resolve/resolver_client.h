// SPDX-License-Identifier: Apache-2.0
// Asks the sandboxed resolver (scopetrace-redact --resolve) for the sites of one file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/resolve/linked_stacks.h"
#include "userspace/resolve/site.h"

namespace scopetrace {

struct ResolverOptions {
  std::string program;                            // path of scopetrace-redact
  bool safe_sites = false;                        // exports at offset 0 only
  int debug_fd = -1;                              // a debug file of the file, borrowed; -1: none
  std::uint64_t timeout_ms = kResolverTimeoutMs;  // then it is killed
};

// What the resolver says of a file: hostile.
struct ResolverAnswer {
  std::vector<Site> sites;
  LinkedStacks linked = 0;  // TLS implementations in it that the sites do not cover
  std::string build_id;     // in hexadecimal, lower case; empty: none
  GoFacts go;
};

// Runs the resolver on an open file. It gets one read-only descriptor, or two, a socket, no
// environment and two seconds; its answer is hostile: pass it through check_sites() before use.
// Errors: kIo when it cannot be started or dies, kLimit when it is too slow, kCorrupt when its
// answer breaks the format, kUnsupported when the file is not one it can read.
Result<ResolverAnswer> resolve_sites(int file_fd, const ResolverOptions& options);

}  // namespace scopetrace
