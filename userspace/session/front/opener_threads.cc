// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/front/opener_threads.h"

#include <algorithm>
#include <string_view>
#include <system_error>
#include <utility>

namespace scopetrace {
namespace {

// Less than this is opened before a thread has started.
constexpr std::size_t kAloneBytes = 256 << 10;

// What a seal may come to hold, from what it says of itself.
std::size_t bytes_of(const CheckedSeal& checked) {
  constexpr std::size_t kOverhead = 1024;
  constexpr std::size_t kLineBytes = sizeof(Digest) + sizeof(std::string_view);
  const std::size_t raw = checked.seal.frame ? checked.seal.frame->raw : 0;
  const std::size_t lines = std::min<std::uint64_t>(checked.seal.count, raw);
  return kOverhead + checked.data.size() + raw + lines * kLineBytes;
}

}  // namespace

unsigned OpenerThreads::spare_cpus() {
  constexpr unsigned kMost = 3;
  return std::min(std::max(std::thread::hardware_concurrency(), 1U) - 1, kMost);
}

OpenerThreads::OpenerThreads(const LeafSalt& salt, unsigned most_threads)
    : hasher_(salt), most_threads_(most_threads), most_bytes_(most_threads == 0 ? 1 : kMostBytes) {}

void OpenerThreads::push(CheckedSeal checked) {
  const std::size_t size = bytes_of(checked);
  held_bytes_ += size;
  {
    const std::lock_guard lock(mutex_);
    Job& job = jobs_.emplace_back();
    job.checked = std::move(checked);
    job.held_bytes = size;
  }
  pushed_.notify_one();
  if (jobs_.size() > 1 && held_bytes_ > kAloneBytes) start_threads();
}

OpenedSeal OpenerThreads::pop() {
  std::unique_lock lock(mutex_);
  while (!jobs_.front().is_open) {
    if (next_ < jobs_.size()) {
      open_next(lock, zstd_);
    } else {
      opened_.wait(lock);
    }
  }
  OpenedSeal opened = std::move(jobs_.front().opened);
  held_bytes_ -= jobs_.front().held_bytes;
  jobs_.pop_front();
  --next_;
  return opened;
}

// Fewer threads than wanted are slower and no fault: the caller opens what they do not.
void OpenerThreads::start_threads() {
  try {
    for (; most_threads_ > 0; --most_threads_) {
      threads_.emplace_back([this](const std::stop_token& stop) { run(stop); });
    }
  } catch (const std::system_error&) {
    most_threads_ = 0;
  }
}

void OpenerThreads::run(const std::stop_token& stop) {
  FrameDecompressor zstd;
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (pushed_.wait(lock, stop, [this] { return next_ < jobs_.size(); })) open_next(lock, zstd);
  }
}

void OpenerThreads::open_next(std::unique_lock<std::mutex>& lock, FrameDecompressor& zstd) {
  Job& job = jobs_[next_++];  // the elements of a deque stay where they are
  lock.unlock();
  job.opened = open_seal(std::move(job.checked), hasher_, zstd);
  lock.lock();
  job.is_open = true;
  opened_.notify_one();
}

std::unique_ptr<SealOpener> make_opener_threads(const LeafSalt& salt) {
  return std::make_unique<OpenerThreads>(salt);
}

}  // namespace scopetrace
