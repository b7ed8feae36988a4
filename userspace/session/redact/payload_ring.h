// SPDX-License-Identifier: Apache-2.0
// Maps the payload ring that capture handed over.
#pragma once

#include "userspace/base/result.h"
#include "userspace/wire/ring.h"

namespace scopetrace {

// A ring buffer map, mapped for its only consumer: consumer page read-write, the rest read-only.
// Unmapped on destruction.
class PayloadRing {
 public:
  // `map_fd` is a BPF_MAP_TYPE_RINGBUF; its size is read from /proc/self/fdinfo, so this must come
  // before the sandbox closes. kCorrupt when it is no ring buffer.
  static Result<PayloadRing> map(int map_fd);
  PayloadRing(PayloadRing&& other) noexcept;
  PayloadRing& operator=(PayloadRing&&) = delete;
  ~PayloadRing();

  RingMemory memory() const;

 private:
  PayloadRing(void* consumer_page, void* producer_pages, std::size_t size_bytes)
      : consumer_page_(consumer_page), producer_pages_(producer_pages), size_bytes_(size_bytes) {}

  void* consumer_page_;
  void* producer_pages_;  // producer position page, then the data twice
  std::size_t size_bytes_;
};

}  // namespace scopetrace
