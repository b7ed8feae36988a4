// SPDX-License-Identifier: Apache-2.0
// What the privileged program knows before it looks at what is asked: places, policy, host key.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "scopes/host.h"
#include "scopes/policy.h"
#include "scopes/target.h"
#include "userspace/base/result.h"

namespace scopetrace {

// The process that asks, by SO_PEERCRED.
struct Peer {
  std::uint32_t tgid = 0;
  uid_t uid = 0;
};

struct HostSide {
  Folders folders;
  Policy policy;
  SigningKey host_key;
  HostFacts host;
};

// Reads all of it from files that only root, or this program's user, can change. `root` is for
// trying out: kRefused where a real policy exists or the program is set-uid. kIo and kNotFound name
// what is not set up, with the remedy.
Result<HostSide> read_host_side(const std::string& root);

// Printable ASCII of anything, at most 256 bytes: what the ledger may hold of a caller's text.
std::string printable_ascii(std::string_view text);

}  // namespace scopetrace
