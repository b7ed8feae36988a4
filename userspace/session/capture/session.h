// SPDX-License-Identifier: Apache-2.0
// One capture from the request to the final note.
#pragma once

#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"
#include "userspace/session/capture/authorize.h"
#include "userspace/session/front/front_channel.h"

namespace scopetrace {

// What the front end asked for, with what came along.
struct SessionInput {
  CaptureRequest request;
  Peer peer;
  UniqueFd output;    // empty file, or the pipe to what encrypts
  int front_fd = -1;  // channel to the front end, borrowed
};

// Checks, attaches, captures and seals. Returns when the bundle has its end; READY, STATUS and
// ENDED were sent to the front end on the way. An error means that nothing was captured: no probe
// is left, the output is empty or holds a session without events, and the caller reports it.
// At most one runs in a process: it takes SIGINT and SIGTERM for itself.
Status run_session(SessionInput input);

}  // namespace scopetrace
