// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/rescan.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace scopetrace {

LibraryRescan::LibraryRescan(ResolverOptions options)
    : options_(std::move(options)), event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  ST_CHECK(event_);
}

bool LibraryRescan::is_pending(std::uint32_t own_tgid) const {
  const auto is_it = [&](const ScanRequest& other) { return other.own_tgid == own_tgid; };
  return (running_ && is_it(*running_)) || std::any_of(waiting_.begin(), waiting_.end(), is_it);
}

bool LibraryRescan::request(const ScanRequest& request, const std::set<FileId>& known) {
  const bool is_waiting =
      !request.joined &&
      std::any_of(waiting_.begin(), waiting_.end(),
                  [&](const ScanRequest& other) { return other.own_tgid == request.own_tgid; });
  if (is_waiting) return true;
  if (waiting_.size() >= kMaxWaiting) return false;
  waiting_.push_back(request);
  if (!running_) go_on(known);
  return true;
}

std::vector<ScanRequest> LibraryRescan::give_up() {
  std::vector<ScanRequest> left(waiting_.begin(), waiting_.end());
  waiting_.clear();
  if (running_) left.insert(left.begin(), *std::exchange(running_, std::nullopt));
  return left;
}

void LibraryRescan::go_on(const std::set<FileId>& known) {
  if (running_ || waiting_.empty()) return;
  running_ = waiting_.front();
  waiting_.pop_front();
  thread_.post(0, [this, next = *running_, known]() -> Status {
    scan(next, known);
    return {};
  });
}

void LibraryRescan::scan(const ScanRequest& request, const std::set<FileId>& known) {
  auto found = resolve_target(request.own_tgid, known, options_);
  ScanResult result{.request = request, .files = {}, .is_examined = found.has_value()};
  if (found) result.files = std::move(*found);
  {
    const std::lock_guard lock(mutex_);
    result_ = std::move(result);
  }
  const std::uint64_t one = 1;
  ST_CHECK(::write(event_.get(), &one, sizeof(one)) == sizeof(one));
}

std::optional<ScanResult> LibraryRescan::take() {
  std::uint64_t count = 0;
  if (::read(event_.get(), &count, sizeof(count)) != sizeof(count)) return std::nullopt;
  running_.reset();
  const std::lock_guard lock(mutex_);
  return std::exchange(result_, std::nullopt);
}

}  // namespace scopetrace
