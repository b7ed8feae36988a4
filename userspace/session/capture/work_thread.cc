// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/work_thread.h"

#include <sys/eventfd.h>

#include <utility>

namespace scopetrace {

WorkThread::WorkThread() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  ST_CHECK(event_);
  thread_ = std::thread([this] { run(); });
}

WorkThread::~WorkThread() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void WorkThread::post(std::uint64_t size_bytes, Job job) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back({size_bytes, std::move(job)});
    backlog_bytes_ += size_bytes;
  }
  changed_.notify_all();
}

Status WorkThread::drain() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return queue_.empty() && !is_busy_; });
  if (error_) return fail(*error_);
  return {};
}

std::uint64_t WorkThread::backlog_bytes() const {
  const std::lock_guard lock(mutex_);
  return backlog_bytes_;
}

std::optional<Error> WorkThread::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

void WorkThread::keep_error(Error error) {
  error_ = std::move(error);
  const std::uint64_t one = 1;
  ST_CHECK(::write(event_.get(), &one, sizeof(one)) == sizeof(one));
}

void WorkThread::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return is_ending_ || !queue_.empty(); });
    if (queue_.empty()) return;
    Entry entry = std::move(queue_.front());
    queue_.pop_front();
    is_busy_ = true;
    const bool dropped = error_.has_value();
    lock.unlock();
    Status done = dropped ? Status{} : entry.job();
    entry.job = nullptr;  // what the job holds goes outside the lock
    lock.lock();
    is_busy_ = false;
    backlog_bytes_ -= entry.size_bytes;
    if (!done) keep_error(std::move(done).error());
    changed_.notify_all();
  }
}

}  // namespace scopetrace
