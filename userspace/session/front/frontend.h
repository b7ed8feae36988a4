// SPDX-License-Identifier: Apache-2.0
// Runs one capture for the user: output, helper program, signals, final name.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/session/front/end_reason.h"
#include "userspace/session/front/front_channel.h"

namespace scopetrace {

struct AttachRun {
  CaptureRequest request;            // `tgid` is filled in when there is a command
  std::vector<std::string> command;  // empty: attach to request.tgid
  std::string output_path;
  std::vector<std::string> recipients;  // to encrypt to, as the approval names them; empty: plain
  std::string capture_program;          // path of scopetrace-capture
};

// What the user is told on the way; called on the thread of run_attach().
struct AttachObserver {
  std::function<void(const CaptureReady&)> on_ready;
  std::function<void(const CaptureStatus&)> on_status;
};

struct AttachOutcome {
  CaptureEnded ended;
  EndReason reason = EndReason::kStopped;
  // Of the bundle, one a part: final, or *.incomplete where it was abandoned or is not whole.
  std::vector<std::string> paths;
  bool was_abandoned = false;    // a second Ctrl-C
  std::optional<Error> problem;  // why there is no further part, or one is not whole on the disk
  std::optional<int> command_status;  // wait(2) status word of the command
};

// Blocks until the capture has ended. SIGINT, SIGTERM and SIGHUP end and seal it; the second one
// abandons it. A capture that could not start leaves no file and, for a command, no process. With
// recipients the output is age's, and capture writes to a pipe: no plain byte reaches the disk.
// Errors: those that capture reports; kExists, kIo for the output.
Result<AttachOutcome> run_attach(AttachRun run, const AttachObserver& observer);

}  // namespace scopetrace
