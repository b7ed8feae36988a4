// SPDX-License-Identifier: Apache-2.0
// Looks for new libraries of processes on a thread of its own: a target whose files hang delays
// neither the deadline nor a seal.
#pragma once

#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "bpf/event.h"
#include "userspace/session/capture/target_probes.h"
#include "userspace/session/capture/work_thread.h"

namespace scopetrace {

// Why a process is looked at.
struct ScanRequest {
  std::uint32_t own_tgid = 0;             // as this program sees it
  std::uint64_t since_ns = 0;             // CLOCK_BOOTTIME: when what is looked for came …
  std::uint64_t in_scope_ns = 0;          // … and when the kernel began to take it
  std::optional<st_member_event> joined;  // it joined; empty: it loaded a library
};

struct ScanResult {
  ScanRequest request;
  std::vector<ResolvedFile> files;  // not known before
  bool is_examined = false;         // false: it could not be looked at, as when it has ended
};

// One scan at a time, so that no file is resolved twice.
class LibraryRescan {
 public:
  static constexpr std::size_t kMaxWaiting = 1024;

  explicit LibraryRescan(ResolverOptions options);

  // Looks at this process once those that wait have been looked at; `known` is what need not be
  // found again. False: too many wait. A library is not looked for twice in one waiting process.
  bool request(const ScanRequest& request, const std::set<FileId>& known);
  // Whether this process waits, or is being looked at.
  bool is_pending(std::uint32_t own_tgid) const;
  // Whoever waits or is being looked at, at the end: nobody is any more.
  std::vector<ScanRequest> give_up();
  // Readable when a scan has ended.
  int event_fd() const { return event_.get(); }
  // The scan that has ended, if any.
  std::optional<ScanResult> take();
  // Starts the next scan. Call it when the result of the last one is known.
  void go_on(const std::set<FileId>& known);

 private:
  void scan(const ScanRequest& request, const std::set<FileId>& known);

  ResolverOptions options_;
  UniqueFd event_;
  std::deque<ScanRequest> waiting_;     // caller's thread only, as is the next
  std::optional<ScanRequest> running_;  // being looked at
  std::mutex mutex_;
  std::optional<ScanResult> result_;
  WorkThread thread_;  // last: ends before what it uses
};

}  // namespace scopetrace
