// SPDX-License-Identifier: Apache-2.0
// Reads a mapped BPF ring buffer without libbpf: the redactor may make no bpf(2) call.
#pragma once

#include <cstdint>
#include <optional>

#include "userspace/base/bytes.h"
#include "userspace/base/result.h"

namespace scopetrace {

// The three parts of a mapped ring. Source: kernel/bpf/ringbuf.c. Borrowed.
struct RingMemory {
  std::uint64_t* consumer_position = nullptr;        // first page; ours to advance
  const std::uint64_t* producer_position = nullptr;  // second page; the kernel's
  const std::byte* data = nullptr;                   // `size_bytes` mapped twice in a row
  std::size_t size_bytes = 0;                        // a power of two
};

// Takes records from the front of the ring, in the order in which they were reserved. One thread.
class RingReader {
 public:
  explicit RingReader(const RingMemory& ring) : ring_(ring), position_(*ring.consumer_position) {}

  // The next committed record, or nothing when there is none yet. It stays valid until release().
  // Discarded records are skipped. Errors: kCorrupt when a length leaves the ring.
  Result<std::optional<Bytes>> next();
  // Gives the space of the last record back to the kernel.
  void release();

  // Bytes that were reserved and not yet taken.
  std::uint64_t backlog_bytes() const;

 private:
  RingMemory ring_;
  std::uint64_t position_;   // of the next record
  std::uint64_t taken_ = 0;  // bytes of the record that next() returned, header included
};

}  // namespace scopetrace
