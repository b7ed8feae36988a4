// SPDX-License-Identifier: Apache-2.0
#include "userspace/base/secret_memory.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>

#include "userspace/base/bytes.h"

namespace scopetrace {

Result<SecretBuffer> SecretBuffer::make(std::size_t size_bytes) {
  SecretBuffer buffer;
  if (size_bytes == 0) return buffer;
  void* memory =
      ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return fail_errno("memory for plaintext");
  buffer.data_ = static_cast<char*>(memory);
  buffer.size_ = size_bytes;
  buffer.is_locked_ = ::mlock(memory, size_bytes) == 0;
  // Old kernels may refuse either; forbid_dumps() and the wiping hold without them.
  (void)::madvise(memory, size_bytes, MADV_DONTDUMP);
  (void)::madvise(memory, size_bytes, MADV_WIPEONFORK);
  return buffer;
}

SecretBuffer& SecretBuffer::operator=(SecretBuffer other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(is_locked_, other.is_locked_);
  return *this;
}

SecretBuffer::~SecretBuffer() {
  if (data_ == nullptr) return;
  wipe(data_, size_);
  ::munmap(data_, size_);  // also unlocks
}

void SecretBuffer::wipe_range(std::size_t begin, std::size_t end) {
  end = std::min(end, size_);
  if (begin < end) wipe(data_ + begin, end - begin);
}

Status forbid_dumps() {
  const rlimit none = {0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0) return fail_errno("limit of core dumps");
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return fail_errno("protection of memory");
  return {};
}

}  // namespace scopetrace
