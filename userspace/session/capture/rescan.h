// SPDX-License-Identifier: Apache-2.0
// Looks for new libraries of the target on a thread of its own: a target whose files hang delays
// neither the deadline nor a seal.
#pragma once

#include <mutex>
#include <set>
#include <vector>

#include "userspace/session/capture/target_probes.h"
#include "userspace/session/capture/work_thread.h"

namespace scopetrace {

class LibraryRescan {
 public:
  LibraryRescan(std::uint32_t tgid, ResolverOptions options);

  // Starts a scan, or another one after that which runs.
  void request(std::set<FileId> known);
  // Readable when a scan has ended.
  int event_fd() const { return event_.get(); }
  // What the scans found since the last call. Starts the scan that was requested meanwhile.
  std::vector<ResolvedFile> take(std::set<FileId> known);

 private:
  void scan(const std::set<FileId>& known);

  std::uint32_t tgid_;
  ResolverOptions options_;
  UniqueFd event_;
  bool is_running_ = false;    // caller's thread only, as is the next
  bool is_requested_ = false;  // while one was running
  std::mutex mutex_;
  std::vector<ResolvedFile> found_;
  WorkThread thread_;  // last: ends before what it uses
};

}  // namespace scopetrace
