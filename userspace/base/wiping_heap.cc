// SPDX-License-Identifier: Apache-2.0
#include "userspace/base/wiping_heap.h"

#include <malloc.h>

#include <cstdlib>
#include <new>

#include "userspace/base/bytes.h"

namespace {

bool is_wiping = false;

void give_back(void* block) noexcept {
  // The whole block, not the part that was asked for: a string may have been shortened in place.
  if (is_wiping && block != nullptr) scopetrace::wipe(block, ::malloc_usable_size(block));
  std::free(block);
}

}  // namespace

namespace scopetrace {

void wipe_freed_memory() { is_wiping = true; }

}  // namespace scopetrace

// The standard's replaceable functions: all other forms of new and delete call these.
void* operator new(std::size_t size_bytes) {
  void* block = std::malloc(size_bytes == 0 ? 1 : size_bytes);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
void operator delete(void* block) noexcept { give_back(block); }
void operator delete(void* block, std::size_t) noexcept { give_back(block); }
