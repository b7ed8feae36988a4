// SPDX-License-Identifier: Apache-2.0
#include "cli/attach_view.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "userspace/base/clock.h"

namespace scopetrace {
namespace {

double seconds(std::uint64_t ns) {
  return static_cast<double>(ns) / static_cast<double>(kNanosecondsPerSecond);
}

// Share of one CPU that the programs used, percent.
double cpu_percent(const CaptureStatus& status) {
  if (status.elapsed_ns == 0) return 0;
  return 100.0 * static_cast<double>(status.cpu_ns) / static_cast<double>(status.elapsed_ns);
}

// `exit status 3`, `signal 9 (Killed)`.
std::string describe_wait_status(int status) {
  if (WIFSIGNALED(status)) {
    return "signal " + std::to_string(WTERMSIG(status)) + " (" + ::strsignal(WTERMSIG(status)) +
           ")";
  }
  return "exit status " + std::to_string(WEXITSTATUS(status));
}

const char* explain(EndReason reason) {
  switch (reason) {
    case EndReason::kLimit:
      return "its limit is reached";
    case EndReason::kStopped:
      return "stopped";
    case EndReason::kTargetExited:
      return "the target ended";
    case EndReason::kTargetExec:
      return "the target runs another program now";
    case EndReason::kRevoked:
      return "its approval was revoked";
    case EndReason::kRedactorStalled:
      return "scopetrace-redact stopped answering";
    case EndReason::kRedactorDied:
      return "scopetrace-redact died";
    case EndReason::kRedactorMisbehaved:
      return "scopetrace-redact broke its protocol";
    case EndReason::kDiskFull:
      return "the disk is full";
    case EndReason::kWriteFailed:
      return "the bundle could not be written";
    case EndReason::kNoNextPart:
      return "there was no file for its next part";
    case EndReason::kBreaker:
      return "it was over its budget for the third time";
    case EndReason::kProbesFailed:
      return "probes could not be placed or read";
  }
  return "";
}

std::string describe_paths(const std::vector<std::string>& paths) {
  if (paths.size() == 1) return paths.front();
  return std::to_string(paths.size()) + " parts, " + paths.front() + " to " + paths.back();
}

}  // namespace

AttachView::AttachView(std::FILE* out) : out_(out), is_terminal_(::isatty(::fileno(out)) == 1) {}

void AttachView::show_ready(const CaptureReady& ready) {
  limit_ns_ = ready.limit_ns;
  std::fprintf(out_, "session %s: attached in %.0f ms, for at most %.0f s\n", ready.session.c_str(),
               seconds(ready.attach_ns) * 1000, seconds(ready.limit_ns));
  for (const std::string& note : ready.notes) std::fprintf(out_, "note: %s\n", note.c_str());
  std::fflush(out_);
}

void AttachView::show_status(const CaptureStatus& status) {
  if (!is_terminal_) return;
  is_line_shown_ = true;
  const std::string part = status.part == 0 ? "" : "  part " + std::to_string(status.part);
  std::fprintf(
      out_, "\r\033[K%.0f/%.0f s  %llu events  %llu lines  %llu lost  CPU %.2f %%  %.1f KiB%s%s",
      seconds(status.elapsed_ns), seconds(limit_ns_),
      static_cast<unsigned long long>(status.events), static_cast<unsigned long long>(status.lines),
      static_cast<unsigned long long>(status.lost_events), cpu_percent(status),
      static_cast<double>(status.bytes_written) / 1024, part.c_str(),
      status.is_paused ? "  paused" : "");
  std::fflush(out_);
}

void AttachView::clear_line() {
  if (is_line_shown_) std::fprintf(out_, "\r\033[K");
  is_line_shown_ = false;
}

void AttachView::show_end(const AttachOutcome& outcome) {
  const CaptureStatus& last = outcome.ended.last;
  if (outcome.was_abandoned) {
    std::fprintf(out_, "abandoned; what was sealed until then is in %s\n",
                 describe_paths(outcome.paths).c_str());
    return;
  }
  std::fprintf(out_, "ended after %.1f s because %s: %llu events, %llu lines, %llu lost; %s %s\n",
               seconds(last.elapsed_ns), explain(outcome.reason),
               static_cast<unsigned long long>(last.events),
               static_cast<unsigned long long>(last.lines),
               static_cast<unsigned long long>(last.lost_events),
               outcome.ended.is_sealed ? "sealed in" : "not sealed, left in",
               describe_paths(outcome.paths).c_str());
  if (outcome.problem) {
    const std::string& hint = outcome.problem->hint();
    std::fprintf(out_, "%s%s%s\n", outcome.problem->message().c_str(), hint.empty() ? "" : "; ",
                 hint.c_str());
  }
  if (outcome.command_status) {
    std::fprintf(out_, "the command ended with %s\n",
                 describe_wait_status(*outcome.command_status).c_str());
  } else if (outcome.ended.target_status) {
    std::fprintf(out_, "the target ended with %s\n",
                 describe_wait_status(*outcome.ended.target_status).c_str());
  }
}

}  // namespace scopetrace
