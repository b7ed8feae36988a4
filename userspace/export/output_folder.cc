// SPDX-License-Identifier: Apache-2.0
#include "userspace/export/output_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "userspace/base/file.h"

namespace scopetrace {
namespace {

constexpr std::size_t kBuffer = 64 << 10;

tl::unexpected<Error> already_there(const std::string& path) {
  return fail(Error(ErrorCode::kExists, path + ": is there already")
                  .with_hint("exports never overwrite: name another folder with -o, or remove what "
                             "is left of one that "
                             "was interrupted"));
}

}  // namespace

Status ExportFile::flush() {
  const Status written = write_all(fd_.get(), as_bytes(pending_));
  pending_.clear();
  return written.map_error([&](Error error) { return std::move(error).with_context(path_); });
}

Status ExportFile::write(std::string_view text) {
  hash_.update(as_bytes(text));
  pending_ += text;
  return pending_.size() < kBuffer ? Status() : flush();
}

Status ExportFile::close() {
  if (!fd_) return {};
  ST_RETURN_IF_ERROR(flush());
  if (::fsync(fd_.get()) != 0) return fail_errno(path_);
  fd_ = UniqueFd();
  return {};
}

Result<OutputFolder> OutputFolder::make(const std::string& path) {
  std::string name = path;
  while (name.size() > 1 && name.ends_with('/')) name.pop_back();
  struct stat facts {};
  if (::lstat(name.c_str(), &facts) == 0) return already_there(name);
  OutputFolder folder(name);
  if (::mkdir(folder.unfinished().c_str(), 0700) != 0) {
    const std::string unfinished = folder.unfinished();
    const int reason = errno;
    folder.path_.clear();
    errno = reason;
    if (reason == EEXIST) return already_there(unfinished);
    return fail_errno(unfinished);
  }
  return folder;
}

OutputFolder::~OutputFolder() {
  if (path_.empty()) return;
  for (const auto& [name, file] : files_) ::unlink((unfinished() + "/" + name).c_str());
  ::rmdir(unfinished().c_str());
}

Result<ExportFile*> OutputFolder::add(const std::string& name) {
  const std::string path = unfinished() + "/" + name;
  ST_ASSIGN_OR_RETURN(UniqueFd fd, open_file(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
  auto& file = files_[name] = std::make_unique<ExportFile>(path, std::move(fd));
  return file.get();
}

Status OutputFolder::close_files() {
  for (const auto& [name, file] : files_) ST_RETURN_IF_ERROR(file->close());
  return {};
}

std::map<std::string, Digest> OutputFolder::digests() const {
  std::map<std::string, Digest> digests;
  for (const auto& [name, file] : files_) digests.emplace(name, file->digest());
  return digests;
}

Status OutputFolder::sync_folder() const {
  ST_ASSIGN_OR_RETURN(const UniqueFd fd, open_file(unfinished(), O_RDONLY | O_DIRECTORY));
  if (::fsync(fd.get()) != 0) return fail_errno(unfinished());
  return {};
}

Status OutputFolder::finish() {
  ST_RETURN_IF_ERROR(sync_folder());
  if (::renameat2(AT_FDCWD, unfinished().c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE) != 0) {
    if (errno == EEXIST) return already_there(path_);
    return fail_errno(path_);
  }
  path_.clear();
  return {};
}

}  // namespace scopetrace
