// SPDX-License-Identifier: Apache-2.0
// The line that says how far a command has come through its bytes.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace scopetrace {

// `done_bytes` in `seconds`: "1.2 GB  43 %  812 MB/s". A size of 0 is unknown and gives no percent.
std::string format_progress(std::uint64_t done_bytes, std::uint64_t size_bytes, double seconds);

// Rewrites one line of standard error, five times a second at most; takes it away at the end.
class ByteProgress {
 public:
  // Silent unless somebody looks: standard error is a terminal that may be drawn on, and the
  // redacted text does not go to it as well.
  explicit ByteProgress(bool may_show) : may_show_(may_show) {}
  ~ByteProgress() { clear(); }
  ByteProgress(const ByteProgress&) = delete;
  ByteProgress& operator=(const ByteProgress&) = delete;

  // How much there is in all inputs; 0 when it cannot be known.
  void expect(std::uint64_t size_bytes) { size_bytes_ = size_bytes; }
  void add(std::uint64_t read_bytes);
  // The same by what was read in all.
  void set(std::uint64_t done_bytes) { add(done_bytes - done_bytes_); }
  void clear();

 private:
  using Clock = std::chrono::steady_clock;

  bool may_show_;
  bool is_shown_ = false;
  std::uint64_t size_bytes_ = 0;
  std::uint64_t done_bytes_ = 0;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_ = start_;
};

}  // namespace scopetrace
