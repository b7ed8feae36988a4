// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/redact/payload_ring.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bit>
#include <string>
#include <utility>

#include "userspace/base/file.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxFdinfoBytes = 4096;
constexpr std::size_t kMaxRingBytes = std::size_t{1} << 30;

std::size_t page_bytes() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

// The number after `key` in the text of a fdinfo file; 0 when it is not there.
std::uint64_t fdinfo_value(const std::string& text, const std::string& key) {
  const auto at = text.find(key + ":\t");
  if (at == std::string::npos) return 0;
  const auto from = at + key.size() + 2;
  return parse_decimal(std::string_view(text).substr(from, text.find('\n', from) - from))
      .value_or(0);
}

Result<std::size_t> read_ring_bytes(int map_fd) {
  ST_ASSIGN_OR_RETURN(const std::string text,
                      read_file("/proc/self/fdinfo/" + std::to_string(map_fd), kMaxFdinfoBytes));
  const std::uint64_t size = fdinfo_value(text, "max_entries");
  const bool is_ring = fdinfo_value(text, "map_type") == BPF_MAP_TYPE_RINGBUF;
  if (!is_ring || !std::has_single_bit(size) || size > kMaxRingBytes) {
    return fail(ErrorCode::kCorrupt, "descriptor is no ring buffer of a usable size");
  }
  return static_cast<std::size_t>(size);
}

}  // namespace

Result<PayloadRing> PayloadRing::map(int map_fd) {
  ST_ASSIGN_OR_RETURN(const std::size_t size_bytes, read_ring_bytes(map_fd));
  void* consumer = mmap(nullptr, page_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
  if (consumer == MAP_FAILED) return fail_errno("map consumer page");
  void* producer = mmap(nullptr, page_bytes() + 2 * size_bytes, PROT_READ, MAP_SHARED, map_fd,
                        static_cast<off_t>(page_bytes()));
  if (producer == MAP_FAILED) {
    munmap(consumer, page_bytes());
    return fail_errno("map ring data");
  }
  return PayloadRing(consumer, producer, size_bytes);
}

PayloadRing::PayloadRing(PayloadRing&& other) noexcept
    : consumer_page_(std::exchange(other.consumer_page_, nullptr)),
      producer_pages_(std::exchange(other.producer_pages_, nullptr)),
      size_bytes_(other.size_bytes_) {}

PayloadRing::~PayloadRing() {
  if (consumer_page_ != nullptr) munmap(consumer_page_, page_bytes());
  if (producer_pages_ != nullptr) munmap(producer_pages_, page_bytes() + 2 * size_bytes_);
}

RingMemory PayloadRing::memory() const {
  const auto* producer = static_cast<const std::byte*>(producer_pages_);
  return {.consumer_position = static_cast<std::uint64_t*>(consumer_page_),
          .producer_position = reinterpret_cast<const std::uint64_t*>(producer),
          .data = producer + page_bytes(),
          .size_bytes = size_bytes_};
}

}  // namespace scopetrace
