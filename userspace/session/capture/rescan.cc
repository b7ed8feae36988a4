// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/rescan.h"

#include <sys/eventfd.h>

#include <utility>

namespace scopetrace {

LibraryRescan::LibraryRescan(std::uint32_t tgid, ResolverOptions options)
    : tgid_(tgid), options_(std::move(options)), event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  ST_CHECK(event_);
}

void LibraryRescan::request(std::set<FileId> known) {
  if (is_running_) {
    is_requested_ = true;
    return;
  }
  is_running_ = true;
  thread_.post(0, [this, known = std::move(known)]() -> Status {
    scan(known);
    return {};
  });
}

void LibraryRescan::scan(const std::set<FileId>& known) {
  auto found = resolve_target(tgid_, known, options_);
  {
    const std::lock_guard lock(mutex_);
    if (found) {
      for (ResolvedFile& file : *found) found_.push_back(std::move(file));
    }
  }
  const std::uint64_t one = 1;
  ST_CHECK(::write(event_.get(), &one, sizeof(one)) == sizeof(one));
}

std::vector<ResolvedFile> LibraryRescan::take(std::set<FileId> known) {
  std::uint64_t count = 0;
  if (::read(event_.get(), &count, sizeof(count)) != sizeof(count)) return {};
  is_running_ = false;
  std::vector<ResolvedFile> found;
  {
    const std::lock_guard lock(mutex_);
    found.swap(found_);
  }
  if (std::exchange(is_requested_, false)) {
    for (const ResolvedFile& file : found) known.insert({file.file.device, file.file.inode});
    request(std::move(known));
  }
  return found;
}

}  // namespace scopetrace
