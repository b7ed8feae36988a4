// SPDX-License-Identifier: Apache-2.0
// A BPF ring buffer without a kernel.
#pragma once

#include <linux/bpf.h>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/wire/ring.h"

namespace scopetrace {

// A ring in ordinary memory that is written as the kernel does. The second mapping of the data is
// imitated by writing every byte twice.
class FakeRing {
 public:
  explicit FakeRing(std::size_t size_bytes) : size_bytes_(size_bytes), data_(2 * size_bytes) {}

  RingMemory memory() {
    return {.consumer_position = &consumer_,
            .producer_position = &producer_,
            .data = data_.data(),
            .size_bytes = size_bytes_};
  }
  void add(std::string_view payload, std::uint32_t flags = 0) {
    add_claiming(static_cast<std::uint32_t>(payload.size()) | flags, payload);
  }
  void add_claiming(std::uint32_t length_and_flags, std::string_view payload) {
    std::string record(BPF_RINGBUF_HDR_SZ, '\0');
    std::memcpy(record.data(), &length_and_flags, sizeof(length_and_flags));
    record += payload;
    record.resize((record.size() + 7) / 8 * 8);
    for (const char c : record) put(producer_++, static_cast<std::byte>(c));
  }
  void commit_at(std::uint64_t position, std::uint32_t length) {
    std::memcpy(&data_[position % size_bytes_], &length, sizeof(length));
  }
  std::uint64_t consumer() const { return consumer_; }

 private:
  void put(std::uint64_t position, std::byte value) {
    data_[position % size_bytes_] = value;
    data_[position % size_bytes_ + size_bytes_] = value;
  }

  std::uint64_t consumer_ = 0;
  std::uint64_t producer_ = 0;
  std::size_t size_bytes_;
  std::vector<std::byte> data_;
};

}  // namespace scopetrace
