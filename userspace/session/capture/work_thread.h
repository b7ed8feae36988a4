// SPDX-License-Identifier: Apache-2.0
// Does slow file work on a thread of its own, so that a slow disk delays no decision.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "userspace/base/result.h"
#include "userspace/base/unique_fd.h"

namespace scopetrace {

// Runs jobs in the order they were posted. After the first job that fails no other runs: its error
// is kept, and event_fd() becomes readable. Posting never blocks.
class WorkThread {
 public:
  using Job = std::function<Status()>;

  WorkThread();
  // Runs what is left, then ends the thread.
  ~WorkThread();
  WorkThread(const WorkThread&) = delete;
  WorkThread& operator=(const WorkThread&) = delete;

  // `size_bytes` counts towards backlog_bytes() until the job is done.
  void post(std::uint64_t size_bytes, Job job);
  // Returns when every job posted before has run or was dropped; then the first error, if any.
  Status drain();

  std::uint64_t backlog_bytes() const;
  // The first error so far.
  std::optional<Error> error() const;
  // Readable once a job has failed. Poll it; never read it.
  int event_fd() const { return event_.get(); }

 private:
  struct Entry {
    std::uint64_t size_bytes;
    Job job;
  };

  void run();
  void keep_error(Error error);

  UniqueFd event_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Entry> queue_;
  std::uint64_t backlog_bytes_ = 0;
  std::optional<Error> error_;
  bool is_busy_ = false;
  bool is_ending_ = false;
  std::thread thread_;  // last: starts when everything above exists
};

}  // namespace scopetrace
