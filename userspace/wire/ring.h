// SPDX-License-Identifier: Apache-2.0
// Consumer of a BPF ring buffer over plain memory: no libbpf, no system call.
//
// Layout (kernel/bpf/ringbuf.c): the data area is mapped twice in a row, so a record that wraps is
// contiguous. A record is an 8-byte header (length with two flag bits, page offset) and its bytes,
// rounded up to 8. Positions count bytes for ever; masked with the size they index the area.
#pragma once

#include <cstddef>
#include <cstdint>

#include "userspace/base/bytes.h"
#include "userspace/base/result.h"
#include "userspace/base/sink.h"

namespace scopetrace {

// Where the parts of a ring lie in memory. Borrowed.
struct RingMemory {
  std::uint64_t* consumer_position = nullptr;        // written here, read by the kernel
  const std::uint64_t* producer_position = nullptr;  // written by the kernel
  const std::byte* data = nullptr;                   // 2 * size_bytes readable
  std::uint64_t size_bytes = 0;                      // power of two
};

// Hands over committed records in order. One thread.
class RingConsumer {
 public:
  explicit RingConsumer(const RingMemory& memory);

  // Pushes at most `max_records` committed records into `sink`, each valid only during its push,
  // and releases their space. Returns how many were pushed; fewer than max_records means that the
  // ring is empty or that its next record is still being written. Errors: kCorrupt when a length or
  // position lies outside the ring; the sink's own.
  Result<std::size_t> consume(std::size_t max_records, Sink<Bytes>& sink);

  // Bytes between consumer and producer.
  std::uint64_t backlog_bytes() const;

 private:
  RingMemory memory_;
  std::uint64_t position_;  // of the next record
};

}  // namespace scopetrace
