// SPDX-License-Identifier: Apache-2.0
// The first block of an approval: this host states the facts about itself and the target.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "scopes/approval.h"
#include "scopes/ssh_key.h"

namespace scopetrace {

// What a requester asks about: a running process, a group of them, or a command that is
// to be started.
struct TargetRequest {
  std::uint32_t tgid = 0;            // as the caller sees it; 0: the group or the command
  std::uint32_t initial_tgid = 0;    // the same in the initial pid namespace; 0: as above
  std::string group;                 // `unit=NAME`, `container=ID` or `cgroup=PATH` …
  bool is_any_executable = false;    // … and whatever programs run there
  std::vector<std::string> command;  // program and arguments …
  int program = -1;                  // … with the program's file, borrowed
};

// Fills host, target, context, id and nonce of `asked` from the kernel, whatever was there before,
// and signs the body with the host key under host@scopetrace. Needs the privilege to read the
// target and the host key; in an installed system only scopetrace-capture calls it. The answer has
// one block.
Result<ApprovalText> gather_and_sign_host_block(Approval asked, const TargetRequest& target,
                                                const SigningKey& host_key);

}  // namespace scopetrace
