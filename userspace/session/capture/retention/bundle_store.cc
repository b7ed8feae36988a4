// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/retention/bundle_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <map>
#include <memory>

#include "userspace/base/crypto.h"
#include "userspace/bundle/bundle_name.h"
#include "userspace/bundle/reader.h"
#include "userspace/bundle/session_text.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxFiles = 100'000;
constexpr const char* kAside = ".removing";
constexpr mode_t kOthersMayWrite = 022;

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

bool is_ours(const struct stat& facts) { return facts.st_uid == 0 || facts.st_uid == ::geteuid(); }

// The whole path without symbolic links, also in the middle.
Result<UniqueFd> open_folder(const std::string& path) {
  open_how how{};
  how.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const long fd = ::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof(how));
  if (fd >= 0) return UniqueFd(static_cast<int>(fd));
  if (errno != ELOOP) return fail_errno(path);
  return fail(Error(ErrorCode::kRefused, path + ": a part of the path is a symbolic link")
                  .with_hint("mount the other place there (mount --bind) instead"));
}

Status check_folder(int fd, const std::string& path, bool may_be_sticky) {
  struct stat facts {};
  if (::fstat(fd, &facts) != 0) return fail_errno(path);
  if (!is_ours(facts)) {
    return fail(Error(ErrorCode::kRefused, path + ": belongs to another user")
                    .with_hint("chown it to root or to the user of scopetrace-capture"));
  }
  const bool is_open = (facts.st_mode & kOthersMayWrite) != 0;
  if (!is_open || (may_be_sticky && (facts.st_mode & S_ISVTX) != 0)) return {};
  return fail(Error(ErrorCode::kRefused, path + ": can be written by others")
                  .with_hint("chmod go-w " + path));
}

bool is_same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

tl::unexpected<Error> is_another(const std::string& file_name) {
  return fail(ErrorCode::kRefused, file_name + ": is another file than the one that was looked at");
}

// Of a file that is not open: its kind alone.
std::string obstacle_of(const struct stat& facts) {
  if (S_ISLNK(facts.st_mode)) return "is a symbolic link";
  if (!S_ISREG(facts.st_mode)) return "is no regular file";
  return facts.st_nlink > 1 ? "has another name (hard link)" : "";
}

// O_NONBLOCK: somebody may have put a FIFO there.
UniqueFd open_file_in(int folder, const std::string& file_name) {
  return UniqueFd(::openat(folder, file_name.c_str(),
                           O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

// Takes the lock that a capture holds while it writes; it goes with the descriptor.
bool is_being_written(int fd) { return ::flock(fd, LOCK_EX | LOCK_NB) != 0; }

std::string session_of(int fd) {
  auto source = FileSource::open(fd);
  if (!source) return "unknown";
  FrameReader reader(*source);
  for (int i = 0; i < 2; ++i) {  // line 0, then the session text
    Frame frame;
    const auto status = reader.next(frame);
    if (!status || *status != FrameStatus::kFrame) break;
    if (frame.magic != FrameMagic::kSession) continue;
    const std::string_view text = frame.text();
    const auto session = parse_session_text(text.substr(0, text.find("\n\n") + 1));
    return session ? session->session : "unknown";
  }
  return "unknown";
}

// Parts by their number.
std::vector<StoredBundle> in_order(std::map<std::string, StoredBundle>& bundles) {
  std::vector<StoredBundle> all;
  all.reserve(bundles.size());
  for (auto& [name, bundle] : bundles) {
    std::sort(bundle.parts.begin(), bundle.parts.end(),
              [](const auto& a, const auto& b) { return a.file_name < b.file_name; });
    all.push_back(std::move(bundle));
  }
  return all;
}

std::string inode_prefix(const struct stat& facts) { return std::to_string(facts.st_ino) + "."; }

// Unique, so that what had to stay there stands in nobody's way.
std::string aside_name(const struct stat& facts) {
  std::array<std::byte, 8> random;
  fill_random(random);
  return inode_prefix(facts) + to_hex(random);
}

// What an earlier run was about to delete when it was interrupted: it bears its inode in its name.
// Anything else is left.
void finish_removals(int aside) {
  const int fd = ::openat(aside, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, CloseFolder> folder(fd < 0 ? nullptr : ::fdopendir(fd));
  if (!folder) return;
  while (const dirent* entry = ::readdir(folder.get())) {
    struct stat facts {};
    if (::fstatat(aside, entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0) continue;
    const bool is_checked = S_ISREG(facts.st_mode) && facts.st_nlink == 1 &&
                            std::string_view(entry->d_name).starts_with(inode_prefix(facts));
    if (is_checked) ::unlinkat(aside, entry->d_name, 0);
  }
}

}  // namespace

Result<BundleStore> BundleStore::open(const std::string& folder) {
  BundleStore store;
  const std::string above = folder.substr(0, folder.rfind('/'));
  ST_ASSIGN_OR_RETURN(const UniqueFd parent, open_folder(above));
  ST_RETURN_IF_ERROR(check_folder(parent.get(), above, false));
  ST_ASSIGN_OR_RETURN(store.folder_, open_folder(folder));
  ST_RETURN_IF_ERROR(check_folder(store.folder_.get(), folder, true));
  return store;
}

Result<std::vector<StoredBundle>> BundleStore::list() const {
  const int fd = ::openat(folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return fail_errno("open the folder of bundles");
  const std::unique_ptr<DIR, CloseFolder> folder(::fdopendir(fd));
  if (!folder) return fail_errno("read the folder of bundles");
  std::map<std::string, StoredBundle> bundles;
  std::size_t files = 0;
  errno = 0;
  while (const dirent* entry = ::readdir(folder.get())) {
    const auto name = parse_bundle_file_name(entry->d_name);
    if (!name) continue;
    if (++files > kMaxFiles) return fail(ErrorCode::kLimit, "more than 100000 files");
    ST_ASSIGN_OR_RETURN(StoredPart part, look_at(entry->d_name, name->is_incomplete));
    StoredBundle& bundle = bundles[name->bundle];
    bundle.name = name->bundle;
    bundle.parts.push_back(std::move(part));
    errno = 0;
  }
  if (errno != 0) return fail_errno("read the folder of bundles");
  return in_order(bundles);
}

Result<StoredPart> BundleStore::look_at(const std::string& file_name, bool is_incomplete) const {
  StoredPart part;
  part.file_name = file_name;
  if (::fstatat(folder_.get(), file_name.c_str(), &part.facts, AT_SYMLINK_NOFOLLOW) != 0) {
    part.obstacle = "cannot be looked at";  // also: gone since
    return part;
  }
  part.obstacle = obstacle_of(part.facts);
  if (!is_incomplete || !part.obstacle.empty()) return part;
  const UniqueFd fd = open_file_in(folder_.get(), file_name);
  if (!fd) part.obstacle = "cannot be opened";
  part.is_running = fd && is_being_written(fd.get());
  return part;
}

std::string BundleStore::claimed_session(const StoredBundle& bundle) const {
  if (bundle.parts.empty()) return "unknown";
  const UniqueFd fd = open_file_in(folder_.get(), bundle.parts.front().file_name);
  return fd ? session_of(fd.get()) : "unknown";
}

Status BundleStore::open_aside() {
  if (aside_) return {};
  if (::mkdirat(folder_.get(), kAside, 0700) != 0 && errno != EEXIST) return fail_errno(kAside);
  UniqueFd fd(::openat(folder_.get(), kAside, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat facts {};
  if (!fd || ::fstat(fd.get(), &facts) != 0) return fail_errno(kAside);
  if (facts.st_uid != ::geteuid() || (facts.st_mode & 077) != 0) {
    return fail(Error(ErrorCode::kRefused, std::string(kAside) + ": is not this program's own")
                    .with_hint("remove it from the folder of bundles"));
  }
  if (::flock(fd.get(), LOCK_EX) != 0) return fail_errno("lock .removing");  // one run at a time
  finish_removals(fd.get());
  aside_ = std::move(fd);
  return {};
}

Status BundleStore::remove(const StoredPart& part) {
  ST_RETURN_IF_ERROR(open_aside());
  // Held until the end, so that no other file can get this inode.
  const UniqueFd file = open_file_in(folder_.get(), part.file_name);
  if (!file) return fail_errno(ErrorCode::kRefused, part.file_name);
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) return fail_errno(part.file_name);
  if (!S_ISREG(facts.st_mode) || !is_same_file(facts, part.facts)) {
    return is_another(part.file_name);
  }
  if (is_being_written(file.get())) {
    return fail(ErrorCode::kRefused, part.file_name + ": is being written to");
  }
  const std::string name = aside_name(facts);
  if (::renameat2(folder_.get(), part.file_name.c_str(), aside_.get(), name.c_str(),
                  RENAME_NOREPLACE) != 0) {
    return fail_errno(part.file_name);
  }
  return remove_aside(name, facts, part.file_name);
}

Status BundleStore::remove_aside(const std::string& name, const struct stat& wanted,
                                 const std::string& file_name) {
  struct stat facts {};
  if (::fstatat(aside_.get(), name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) {
    return fail_errno(file_name);
  }
  const bool is_wanted =
      S_ISREG(facts.st_mode) && is_same_file(facts, wanted) && facts.st_nlink == 1;
  if (is_wanted) {
    if (::unlinkat(aside_.get(), name.c_str(), 0) != 0) return fail_errno(file_name);
    return ::fsync(folder_.get()) == 0 ? Status() : fail_errno("fsync the folder of bundles");
  }
  if (::renameat2(aside_.get(), name.c_str(), folder_.get(), file_name.c_str(), RENAME_NOREPLACE) !=
      0) {
    return fail_errno(ErrorCode::kRefused, file_name + ": is another file, and stays in .removing");
  }
  return facts.st_nlink > 1 ? Status(fail(ErrorCode::kRefused, file_name + ": has another name"))
                            : Status(is_another(file_name));
}

}  // namespace scopetrace
