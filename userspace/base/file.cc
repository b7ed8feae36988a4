// SPDX-License-Identifier: Apache-2.0
#include "userspace/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>

namespace scopetrace {
namespace {

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Status sync_fd(int fd, const std::string& what) {
  if (::fsync(fd) != 0) return fail_errno("fsync " + what);
  return {};
}

}  // namespace

Result<UniqueFd> open_file(const std::string& path, int flags, unsigned mode) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  if (fd >= 0) return UniqueFd(fd);
  if (errno == EEXIST) return fail_errno(ErrorCode::kExists, path);
  return fail_errno(path);
}

Result<std::string> read_all(int fd, std::size_t max_bytes) {
  std::string content;
  std::array<char, 65536> buffer;
  while (true) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n == 0) return content;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("read");
    if (content.size() + static_cast<std::size_t>(n) > max_bytes) {
      return fail(ErrorCode::kLimit, "longer than " + std::to_string(max_bytes) + " bytes");
    }
    content.append(buffer.data(), static_cast<std::size_t>(n));
  }
}

Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
  ST_ASSIGN_OR_RETURN(const UniqueFd fd, open_file(path, O_RDONLY));
  return read_all(fd.get(), max_bytes).map_error([&](Error error) {
    return std::move(error).with_context(path);
  });
}

Status write_all(int fd, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("write");
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

Status write_file_atomically(const std::string& path, std::string_view content, unsigned mode) {
  const std::string temporary = path + ".tmp-" + std::to_string(::getpid());
  ST_ASSIGN_OR_RETURN(UniqueFd fd, open_file(temporary, O_WRONLY | O_CREAT | O_EXCL, mode));
  Status written = write_all(fd.get(), as_bytes(content));
  if (written) written = sync_fd(fd.get(), temporary);
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0) written = fail_errno(path);
  if (!written) {
    ::unlink(temporary.c_str());
    return written;
  }
  ST_ASSIGN_OR_RETURN(const UniqueFd folder, open_file(folder_of(path), O_RDONLY | O_DIRECTORY));
  return sync_fd(folder.get(), folder_of(path));
}

Status make_folders(const std::string& path, unsigned mode) {
  for (std::size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
    const std::string part = path.substr(0, at);
    if (!part.empty() && ::mkdir(part.c_str(), mode) != 0 && errno != EEXIST) {
      return fail_errno("mkdir " + part);
    }
    if (at == std::string::npos) return {};
  }
}

Status fill_standard_descriptors() {
  int fd = 0;
  do {
    fd = ::open("/dev/null", O_RDWR);
    if (fd < 0) return fail_errno("/dev/null");
  } while (fd <= STDERR_FILENO);
  ::close(fd);
  return {};
}

}  // namespace scopetrace
