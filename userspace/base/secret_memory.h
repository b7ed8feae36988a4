// SPDX-License-Identifier: Apache-2.0
// Memory for plaintext: kept from swap, core dumps and children, and wiped after use.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

#include "userspace/base/result.h"

namespace scopetrace {

// Owns whole pages of zeroed memory that are locked where the limit permits (RLIMIT_MEMLOCK), left
// out of core dumps, emptied in a forked child, and wiped on destruction. Move-only.
class SecretBuffer {
 public:
  SecretBuffer() = default;  // empty
  // Error: kIo when there is no memory. That the pages cannot be locked is none: see is_locked().
  static Result<SecretBuffer> make(std::size_t size_bytes);
  SecretBuffer(SecretBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        is_locked_(std::exchange(other.is_locked_, false)) {}
  SecretBuffer& operator=(SecretBuffer other) noexcept;
  ~SecretBuffer();

  char* data() { return data_; }
  const char* data() const { return data_; }
  std::size_t size() const { return size_; }  // bytes asked for
  std::string_view first(std::size_t size_bytes) const { return {data_, size_bytes}; }
  // Whether the kernel promised to keep the pages out of swap.
  bool is_locked() const { return is_locked_; }
  // Overwrites [begin, end), as far as there is any.
  void wipe_range(std::size_t begin, std::size_t end);

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
  bool is_locked_ = false;
};

// Before the first secret is read: this process leaves no core dump, and other processes of its
// user can neither trace it nor read its memory. Error: kIo.
Status forbid_dumps();

}  // namespace scopetrace
