// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/outside_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "scopes/revocation.h"

namespace scopetrace {
namespace {

bool is_same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec &&
         a.st_ctim.tv_sec == b.st_ctim.tv_sec && a.st_ctim.tv_nsec == b.st_ctim.tv_nsec;
}

// The events only say that it is time to look.
void discard_events(int fd) {
  std::array<char, 4096> buffer;
  while (fd >= 0 && ::read(fd, buffer.data(), buffer.size()) > 0) continue;
}

}  // namespace

OutsideWatch::OutsideWatch(const Folders& folders, const std::string& approval)
    : flags_path_(folders.flags()),
      revocation_path_(revocation_path(folders.revocations(), approval)),
      inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  constexpr std::uint32_t kChanges =
      IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM;
  for (const std::string& folder : {folders.config(), folders.revocations()}) {
    if (inotify_) ::inotify_add_watch(inotify_.get(), folder.c_str(), kChanges);
  }
  has_flags_file_changed();
  flags_ = read_flags(flags_path_);
}

bool OutsideWatch::has_flags_file_changed() {
  struct stat now {};
  if (::stat(flags_path_.c_str(), &now) != 0) now = {};
  if (is_same_file(now, flags_file_)) return false;
  flags_file_ = now;
  return true;
}

OutsideWatch::News OutsideWatch::look() {
  discard_events(inotify_.get());
  News news;
  // What cannot be found out counts as revoked.
  news.is_revoked = ::access(revocation_path_.c_str(), F_OK) == 0 || errno != ENOENT;
  if (!has_flags_file_changed()) return news;
  CaptureFlags now = read_flags(flags_path_);
  news.are_flags_changed = !(now == flags_);
  flags_ = std::move(now);
  return news;
}

}  // namespace scopetrace
