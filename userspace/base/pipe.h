// SPDX-License-Identifier: Apache-2.0
// A pipe, both of whose ends are ours at first.
#pragma once

#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"

namespace scopetrace {

struct Pipe {
  UniqueFd reader;
  UniqueFd writer;
};

// Neither end goes to a program that is executed, unless it is made one of its descriptors.
Result<Pipe> make_pipe();

}  // namespace scopetrace
