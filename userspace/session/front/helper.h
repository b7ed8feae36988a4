// SPDX-License-Identifier: Apache-2.0
// Finds and starts the helper programs of scopetrace.
#pragma once

#include <sys/types.h>

#include <string>

#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"

namespace scopetrace {

// A running scopetrace-capture.
struct Helper {
  pid_t tgid = -1;
  UniqueFd channel;  // front end's end

  // Waits for its end and says how it ended: "exit status 1", "signal 9".
  std::string wait();
};

// Starts `program` with the channel as descriptor kFrontChannelFd, an empty environment, and
// nothing else but standard error.
Result<Helper> start_helper(const std::string& program);

// Path of a program that is installed with this one: beside it, else in the libexec folder or the
// part of it that only scopetrace-capture can enter. A set-uid program looks only where it was
// installed.
Result<std::string> find_helper(const std::string& name);

}  // namespace scopetrace
