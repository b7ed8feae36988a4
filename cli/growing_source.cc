// SPDX-License-Identifier: Apache-2.0
#include "cli/growing_source.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "userspace/base/file.h"
#include "userspace/session/front/age_file.h"
#include "userspace/session/front/output.h"

namespace scopetrace {
namespace {

constexpr int kMaxWaitMs = 1000;  // where a file system tells nothing of changes

}  // namespace

Result<GrowingSource> GrowingSource::open(const std::string& path) {
  GrowingSource source;
  auto file = open_file(path, O_RDONLY | O_NONBLOCK);
  if (!file && file.error().code() == ErrorCode::kNotFound) {
    file = open_file(path + OutputFile::kSuffix, O_RDONLY | O_NONBLOCK);
  }
  if (!file) return fail(file.error());
  source.file_ = std::move(*file);
  ST_RETURN_IF_ERROR(FileSource::open(source.file_.get()).map([](const FileSource&) {}));
  source.changes_ = UniqueFd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  const std::string self = "/proc/self/fd/" + std::to_string(source.file_.get());
  if (source.changes_) {
    ::inotify_add_watch(source.changes_.get(), self.c_str(), IN_MODIFY | IN_CLOSE_WRITE);
  }
  return source;
}

Result<bool> GrowingSource::is_encrypted() {
  while (size_ < kAgeMagic.size()) {
    ST_ASSIGN_OR_RETURN(const bool has_more, wait_for_more());
    if (!has_more) break;
  }
  return is_age_file(file_.get());
}

Result<std::uint64_t> GrowingSource::available(std::uint64_t offset, std::uint64_t wanted_bytes) {
  return offset < size_ ? std::min(wanted_bytes, size_ - offset) : 0;
}

Status GrowingSource::read(std::uint64_t offset, std::span<std::byte> out) {
  ST_ASSIGN_OR_RETURN(FileSource file, FileSource::open(file_.get()));
  return file.read(offset, out);
}

Result<bool> GrowingSource::has_grown() {
  ST_ASSIGN_OR_RETURN(const FileSource file, FileSource::open(file_.get()));
  if (file.size() <= size_) return false;
  size_ = file.size();
  return true;
}

bool GrowingSource::is_being_written() const {
  if (::flock(file_.get(), LOCK_SH | LOCK_NB) != 0) return true;
  ::flock(file_.get(), LOCK_UN);
  return false;
}

Result<bool> GrowingSource::wait_for_more() {
  std::fflush(stdout);
  while (true) {
    // In this order: what was written before the lock was let go of counts.
    const bool is_running = is_being_written();
    ST_ASSIGN_OR_RETURN(const bool has_more, has_grown());
    if (has_more || !is_running) return has_more;
    std::array<pollfd, 2> polled = {pollfd{changes_.get(), POLLIN, 0}, pollfd{reader_, 0, 0}};
    ::poll(polled.data(), polled.size(), kMaxWaitMs);
    if (polled[1].revents != 0) return false;  // POLLERR: the reader is gone
    std::array<char, 4096> events;
    while (::read(changes_.get(), events.data(), events.size()) > 0) {
    }
  }
}

}  // namespace scopetrace
