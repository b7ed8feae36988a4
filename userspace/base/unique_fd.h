// SPDX-License-Identifier: Apache-2.0
// One owned file descriptor.
#pragma once

#include <unistd.h>

#include <utility>

namespace scopetrace {

// Owns one file descriptor and closes it on destruction. Move-only; -1 means empty.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd other) noexcept {
    std::swap(fd_, other.fd_);  // the old descriptor closes with the argument
    return *this;
  }
  ~UniqueFd() {
    if (fd_ >= 0) ::close(fd_);  // Linux frees the number even on EINTR: never retry
  }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

}  // namespace scopetrace
