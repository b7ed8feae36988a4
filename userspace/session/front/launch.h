// SPDX-License-Identifier: Apache-2.0
// Starts a command so that probes can be placed before its first instruction.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "userspace/base/result.h"

namespace scopetrace {

// A child of the caller, held right after its exec: the new program is mapped and nothing of it has
// run. It dies with the caller while it is held.
class HeldCommand {
 public:
  // Runs words[0] (searched in PATH) with the caller's rights, default signal dispositions and an
  // empty signal mask. Errors: kNotFound or kIo with the command's name when it cannot be executed.
  static Result<HeldCommand> start(const std::vector<std::string>& words);
  HeldCommand(HeldCommand&& other) noexcept;
  HeldCommand& operator=(HeldCommand&&) = delete;
  // Kills the command if it is still held.
  ~HeldCommand();

  pid_t tgid() const { return tgid_; }
  // Lets it run. Call once.
  Status release();
  // Its wait(2) status word, once it has ended; call it after the command was released.
  Result<int> wait();

 private:
  explicit HeldCommand(pid_t tgid) : tgid_(tgid) {}

  pid_t tgid_ = -1;
  bool is_held_ = true;
};

}  // namespace scopetrace
