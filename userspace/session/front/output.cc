// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/front/output.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>

#include "userspace/base/file.h"

namespace scopetrace {
namespace {

// Splits into folder and last component.
std::pair<std::string, std::string> split_path(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

Status check_absent(int folder, const std::string& name, const std::string& path) {
  struct stat facts {};
  if (::fstatat(folder, name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0) {
    return fail(Error(ErrorCode::kExists, path + ": exists already")
                    .with_hint("choose another name with -o, or move the file away"));
  }
  if (errno != ENOENT) return fail_errno(path);
  return {};
}

}  // namespace

Result<OutputFile> OutputFile::create(const std::string& path) {
  OutputFile output;
  output.path_ = path;
  const auto [folder, name] = split_path(path);
  if (name.empty() || name == "." || name == "..") {
    return fail(ErrorCode::kUsage, "output '" + path + "' does not name a file");
  }
  output.name_ = name;
  ST_ASSIGN_OR_RETURN(output.folder_, open_file(folder, O_RDONLY | O_DIRECTORY));
  ST_RETURN_IF_ERROR(check_absent(output.folder_.get(), name, path));
  const std::string incomplete = name + kSuffix;
  ST_RETURN_IF_ERROR(check_absent(output.folder_.get(), incomplete, output.incomplete_path()));

  output.fd_ = UniqueFd(::openat(output.folder_.get(), incomplete.c_str(),
                                 O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!output.fd_) return fail_errno(ErrorCode::kIo, output.incomplete_path());
  // Goes with the descriptor to scopetrace-capture: held until the last of both is gone.
  if (::flock(output.fd_.get(), LOCK_EX | LOCK_NB) != 0) {
    return fail_errno(ErrorCode::kIo, "lock " + output.incomplete_path());
  }
  // What is synced later is of no use to anybody if a power cut takes the name.
  if (::fsync(output.folder_.get()) != 0) {
    const auto failed = fail_errno(ErrorCode::kIo, "fsync the folder of " + path);
    output.remove();
    return failed;
  }
  return output;
}

Status OutputFile::sync() const {
  if (::fdatasync(fd_.get()) != 0) return fail_errno("write " + incomplete_path());
  return {};
}

Status OutputFile::commit() {
  const std::string incomplete = name_ + kSuffix;
  if (::renameat2(folder_.get(), incomplete.c_str(), folder_.get(), name_.c_str(),
                  RENAME_NOREPLACE) != 0) {
    return fail_errno(errno == EEXIST ? ErrorCode::kExists : ErrorCode::kIo, "rename to " + path_);
  }
  if (::fsync(folder_.get()) != 0) return fail_errno("fsync the folder of " + path_);
  return {};
}

void OutputFile::remove() {
  const std::string incomplete = name_ + kSuffix;
  ::unlinkat(folder_.get(), incomplete.c_str(), 0);
}

}  // namespace scopetrace
