// SPDX-License-Identifier: Apache-2.0
// The exit status of every command, and which error leads to which.
#pragma once

#include "userspace/base/result.h"

namespace scopetrace {

// Numbers are part of the interface: scripts test them.
enum class ExitCode : int {
  kDone = 0,
  kFailed = 1,       // also: differences found (replay, policy check)
  kUsage = 2,        // bad arguments, or an output that already exists
  kRefused = 3,      // by approval or policy
  kLosses = 4,       // whole, but with losses, under --strict
  kIncomplete = 5,   // abandoned or interrupted
  kRollback = 6,     // a ledger knows a later state
  kTampered = 7,     // a digest, chain or signature is wrong
  kUntrusted = 8,    // good, but by a key that is not accepted
  kUnsupported = 77  // this host lacks something; the message names it
};

// The exit status of a command that ended with an error of this code.
constexpr ExitCode exit_code_for(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage:
    case ErrorCode::kExists:
      return ExitCode::kUsage;
    case ErrorCode::kRefused:
      return ExitCode::kRefused;
    case ErrorCode::kTampered:
      return ExitCode::kTampered;
    case ErrorCode::kUntrusted:
      return ExitCode::kUntrusted;
    case ErrorCode::kUnsupported:
      return ExitCode::kUnsupported;
    case ErrorCode::kIo:
    case ErrorCode::kNotFound:
    case ErrorCode::kCorrupt:
    case ErrorCode::kLimit:
      return ExitCode::kFailed;
  }
  return ExitCode::kFailed;
}

}  // namespace scopetrace
