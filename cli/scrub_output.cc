// SPDX-License-Identifier: Apache-2.0
#include "cli/scrub_output.h"

#include <fcntl.h>
#include <sys/stat.h>

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
  if (::renameat2(AT_FDCWD, name().c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE) == 0)
    return {};
  if (errno == EEXIST) return fail_errno(ErrorCode::kExists, path_);
  return fail_errno(path_);
}

bool ScrubOutput::is_file_of(int fd) const {
  struct stat in = {};
  struct stat out = {};
  if (::fstat(fd, &in) != 0 || ::fstat(this->fd(), &out) != 0 || !S_ISREG(out.st_mode))
    return false;
  return in.st_dev == out.st_dev && in.st_ino == out.st_ino;
}

}  // namespace scopetrace
