// SPDX-License-Identifier: Apache-2.0
// Opens the sealed frames of a bundle on as many CPUs as there are.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "userspace/bundle/seal_opener.h"

namespace scopetrace {

// Seals are opened by whoever waits in pop() and by threads, which start only for more than a small
// bundle has. The functions are for one thread. Destroying it drops what is not opened yet.
class OpenerThreads final : public SealOpener {
 public:
  // `most_threads` besides the caller's.
  explicit OpenerThreads(const LeafSalt& salt, unsigned most_threads = spare_cpus());

  void push(CheckedSeal checked) override;
  OpenedSeal pop() override;
  bool is_empty() const override { return jobs_.empty(); }
  // At kMostBytes, so that memory stays below that and the largest frame. At once when there is
  // nobody to open anything in the meantime.
  bool is_full() const override { return held_bytes_ >= most_bytes_; }

  static constexpr std::size_t kMostBytes = 16 << 20;
  // CPUs that this process may use besides one, at most 3.
  static unsigned spare_cpus();

 private:
  struct Job {
    CheckedSeal checked;
    OpenedSeal opened;
    std::size_t held_bytes = 0;
    bool is_open = false;
  };

  void start_threads();
  void run(const std::stop_token& stop);
  void open_next(std::unique_lock<std::mutex>& lock, FrameDecompressor& zstd);

  const LeafHasher hasher_;
  FrameDecompressor zstd_;  // of the caller's thread
  unsigned most_threads_;
  std::size_t most_bytes_;
  std::size_t held_bytes_ = 0;
  std::mutex mutex_;  // of what follows; a job that was begun is its opener's until it is open
  std::condition_variable_any pushed_;
  std::condition_variable opened_;
  std::deque<Job> jobs_;
  std::size_t next_ = 0;               // of jobs_: the first that nobody has begun
  std::vector<std::jthread> threads_;  // last: they end before what they use
};

// For VerifyInputs.
std::unique_ptr<SealOpener> make_opener_threads(const LeafSalt& salt);

}  // namespace scopetrace
