// SPDX-License-Identifier: Apache-2.0
#include "userspace/wire/ring.h"

#include <linux/bpf.h>

namespace scopetrace {
namespace {

constexpr std::uint32_t kFlagBits = BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT;

// A record with its header, rounded up as the kernel does.
std::uint64_t stride_of(std::uint32_t payload_bytes) {
  return (std::uint64_t{payload_bytes} + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
}

// The kernel publishes with release order; what a load acquires is then visible.
template <class T>
T load_acquire(const T* from) {
  return __atomic_load_n(from, __ATOMIC_ACQUIRE);
}

}  // namespace

std::uint64_t RingReader::backlog_bytes() const {
  return load_acquire(ring_.producer_position) - position_;
}

Result<std::optional<Bytes>> RingReader::next() {
  while (position_ < load_acquire(ring_.producer_position)) {
    const std::uint64_t at = position_ & (ring_.size_bytes - 1);
    const auto header = load_acquire(reinterpret_cast<const std::uint32_t*>(ring_.data + at));
    if ((header & BPF_RINGBUF_BUSY_BIT) != 0) return std::optional<Bytes>();
    const std::uint32_t payload_bytes = header & ~kFlagBits;
    taken_ = stride_of(payload_bytes);
    if (taken_ > ring_.size_bytes) {
      return fail(ErrorCode::kCorrupt, "ring record longer than the ring");
    }
    if ((header & BPF_RINGBUF_DISCARD_BIT) == 0) {
      return std::optional(Bytes(ring_.data + at + BPF_RINGBUF_HDR_SZ, payload_bytes));
    }
    release();
  }
  return std::optional<Bytes>();
}

void RingReader::release() {
  position_ += taken_;
  taken_ = 0;
  __atomic_store_n(ring_.consumer_position, position_, __ATOMIC_RELEASE);
}

}  // namespace scopetrace
