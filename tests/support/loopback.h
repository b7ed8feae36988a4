// SPDX-License-Identifier: Apache-2.0
// TCP over 127.0.0.1 between a test and its targets.
#pragma once

#include "userspace/base/unique_fd.h"

namespace scopetrace::testing {

// Connects to a port of this machine. Aborts when nothing listens there.
UniqueFd connect_to_loopback(int port);

// A socket that listens, on a port that the kernel chose. Aborts when there is none to be had:
// there is no test without it.
class LoopbackListener {
 public:
  // `backlog`: how many connections wait for accept() at most.
  explicit LoopbackListener(int backlog = 4);

  int port() const { return port_; }
  UniqueFd connect() const { return connect_to_loopback(port_); }
  UniqueFd accept() const;

 private:
  UniqueFd fd_;
  int port_ = 0;
};

// A port that nothing listens on now, for a program that can only be told a number.
inline int free_loopback_port() { return LoopbackListener().port(); }

}  // namespace scopetrace::testing
