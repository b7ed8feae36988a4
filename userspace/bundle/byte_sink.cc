// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/byte_sink.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "userspace/base/file.h"

namespace scopetrace {

Status FileSink::reserve(std::uint64_t size_bytes) {
  constexpr std::uint64_t kStep = 1 << 20;  // fewer calls than one a frame
  const std::uint64_t wanted = written_ + size_bytes;
  if (wanted <= reserved_) return {};
  const std::uint64_t length = wanted - written_ + kStep;
  for (const std::uint64_t try_length : {length, size_bytes}) {
    if (::fallocate(fd_, FALLOC_FL_KEEP_SIZE, static_cast<off_t>(written_),
                    static_cast<off_t>(try_length)) == 0) {
      reserved_ = written_ + try_length;
      return {};
    }
    if (errno == EOPNOTSUPP || errno == ENOSYS) return {};  // the file system cannot: go on without
  }
  const bool is_full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
  return fail_errno(is_full ? ErrorCode::kLimit : ErrorCode::kIo, "reserve space for the bundle");
}

Status FileSink::write(Bytes bytes) {
  ST_RETURN_IF_ERROR(write_all(fd_, bytes));
  written_ += bytes.size();
  return {};
}

Status FileSink::sync() {
  if (::fdatasync(fd_) != 0) return fail_errno("fdatasync the bundle");
  return {};
}

Status PipeSink::write(Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
    if (n >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(n));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EPIPE) return fail(ErrorCode::kIo, "the program that encrypts the bundle is gone");
    if (errno != EAGAIN) return fail_errno("write to the program that encrypts the bundle");
    pollfd polled{fd_, POLLOUT, 0};
    if (::poll(&polled, 1, kStallMs) == 0) {
      return fail(ErrorCode::kIo, "the program that encrypts the bundle takes nothing any more");
    }
  }
  return {};
}

Status FileSink::release() {
  if (reserved_ <= written_) return {};
  reserved_ = written_;
  // Truncating to the current size drops blocks beyond it.
  if (::ftruncate(fd_, static_cast<off_t>(written_)) != 0) return fail_errno("trim the bundle");
  return {};
}

}  // namespace scopetrace
