// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/front/end_reason.h"

#include <array>

namespace scopetrace {
namespace {

struct Row {
  EndReason reason;
  std::string_view text;
  bool orderly;
};

constexpr std::array kRows = {
    Row{EndReason::kLimit, "limit", true},
    Row{EndReason::kStopped, "stopped", true},
    Row{EndReason::kTargetExited, "target-exited", true},
    Row{EndReason::kTargetExec, "target-exec", true},
    Row{EndReason::kRevoked, "revoked", false},
    Row{EndReason::kRedactorStalled, "redactor-stalled", false},
    Row{EndReason::kRedactorDied, "redactor-died", false},
    Row{EndReason::kRedactorMisbehaved, "redactor-misbehaved", false},
    Row{EndReason::kDiskFull, "disk-full", false},
    Row{EndReason::kWriteFailed, "write-failed", false},
    Row{EndReason::kNoNextPart, "no-next-part", false},
    Row{EndReason::kBreaker, "breaker", false},
    Row{EndReason::kProbesFailed, "probes-failed", false},
};

}  // namespace

std::string_view end_reason_text(EndReason reason) {
  for (const Row& row : kRows) {
    if (row.reason == reason) return row.text;
  }
  return "unknown";
}

std::optional<EndReason> parse_end_reason(std::string_view text) {
  for (const Row& row : kRows) {
    if (row.text == text) return row.reason;
  }
  return std::nullopt;
}

bool is_orderly(EndReason reason) {
  for (const Row& row : kRows) {
    if (row.reason == reason) return row.orderly;
  }
  return false;
}

}  // namespace scopetrace
