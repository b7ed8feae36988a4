// SPDX-License-Identifier: Apache-2.0
// Maps a BPF ring buffer and reads its records as they are, before any redaction: for tests only.
#pragma once

#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <functional>

#include "userspace/base/bytes.h"
#include "userspace/base/result.h"

namespace scopetrace::testing {

// The layout is that of kernel/bpf/ringbuf.c: consumer page, producer page, data mapped twice.
class RingConsumer {
 public:
  RingConsumer(int map_fd, std::size_t data_bytes)
      : page_(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))), data_bytes_(data_bytes) {
    consumer_ = ::mmap(nullptr, page_, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
    producer_ = ::mmap(nullptr, page_ + 2 * data_bytes, PROT_READ, MAP_SHARED, map_fd,
                       static_cast<off_t>(page_));
    ST_CHECK(consumer_ != MAP_FAILED && producer_ != MAP_FAILED);
  }
  ~RingConsumer() {
    ::munmap(consumer_, page_);
    ::munmap(producer_, page_ + 2 * data_bytes_);
  }
  RingConsumer(const RingConsumer&) = delete;
  RingConsumer& operator=(const RingConsumer&) = delete;

  // Calls `each` for every committed record.
  void drain(const std::function<void(Bytes)>& each) {
    auto* consumed = static_cast<std::atomic<std::uint64_t>*>(consumer_);
    const auto* produced = static_cast<const std::atomic<std::uint64_t>*>(producer_);
    const auto* data = static_cast<const std::byte*>(producer_) + page_;
    std::uint64_t at = consumed->load();
    while (at < produced->load(std::memory_order_acquire)) {
      const std::byte* head = data + (at & (data_bytes_ - 1));
      const std::uint32_t word = reinterpret_cast<const std::atomic<std::uint32_t>*>(head)->load(
          std::memory_order_acquire);
      if ((word & BPF_RINGBUF_BUSY_BIT) != 0) return;
      const std::uint32_t size = word & ~BPF_RINGBUF_DISCARD_BIT;
      if ((word & BPF_RINGBUF_DISCARD_BIT) == 0) each({head + BPF_RINGBUF_HDR_SZ, size});
      at += (size + BPF_RINGBUF_HDR_SZ + 7U) & ~7U;
      consumed->store(at, std::memory_order_release);
    }
  }

 private:
  std::size_t page_;
  std::size_t data_bytes_;
  void* consumer_;
  void* producer_;
};

}  // namespace scopetrace::testing
