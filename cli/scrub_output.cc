// SPDX-License-Identifier: Apache-2.0
#include "cli/scrub_output.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>

#include "userspace/base/bytes.h"
#include "userspace/base/file.h"

namespace scopetrace {

Result<ScrubOutput> ScrubOutput::make(const std::string& path) {
  ScrubOutput output;
  if (path.empty()) return output;
  struct stat taken = {};
  if (::lstat(path.c_str(), &taken) == 0)
    return fail(ErrorCode::kExists, path + ": exists already");
  output.path_ = path;
  ST_ASSIGN_OR_RETURN(output.file_, open_file(path + kSuffix, O_WRONLY | O_CREAT | O_EXCL, 0600));
  return output;
}

Status ScrubOutput::write(std::string_view bytes) {
  written_bytes_ += bytes.size();
  return write_all(fd(), as_bytes(bytes)).map_error([this](Error error) {
    return std::move(error).with_context(name());
  });
}

Status ScrubOutput::finish() {
  if (!file_) return {};
  if (::fsync(file_.get()) != 0) return fail_errno(name());
  const std::string from = name();
  int result = ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE);
  // Some network file systems cannot promise that nothing is replaced; make() has looked.
  if (result != 0 && errno == EINVAL) result = ::rename(from.c_str(), path_.c_str());
  if (result == 0) return {};
  return fail_errno(errno == EEXIST ? ErrorCode::kExists : ErrorCode::kIo, path_);
}

bool ScrubOutput::is_file_of(int fd) const {
  struct stat in = {};
  struct stat out = {};
  if (::fstat(fd, &in) != 0 || ::fstat(this->fd(), &out) != 0 || !S_ISREG(out.st_mode))
    return false;
  return in.st_dev == out.st_dev && in.st_ino == out.st_ino;
}

}  // namespace scopetrace
