// SPDX-License-Identifier: Apache-2.0
// A disk that fails at a chosen call, and forgets what was not synced when its power is cut.
#pragma once

#include <algorithm>

#include "userspace/bundle/byte_sink.h"

namespace scopetrace {

// How the failing call fails.
enum class DiskFault {
  kNone,
  kError,       // nothing of it happens
  kHalfWritten  // a write stops in its middle; other calls as with kError
};

// What a power cut may leave of what was not synced.
enum class Torn {
  kNothing,   // none of it
  kHalf,      // its first half
  kAll,       // all of it
  kZeros,     // its length, as zeros
  kTailOnly,  // its second half, with zeros before: blocks reach the disk in any order
};

class FaultyDisk final : public ByteSink {
 public:
  // Calls count from 1; `fail_at` 0 never fails. Later calls work again unless `is_for_good`.
  explicit FaultyDisk(std::size_t fail_at = 0, DiskFault fault = DiskFault::kNone,
                      ErrorCode code = ErrorCode::kIo, bool is_for_good = false)
      : fail_at_(fail_at), fault_(fault), code_(code), is_for_good_(is_for_good) {}

  Status reserve(std::uint64_t) override { return is_failing() ? refuse() : Status(); }
  Status write(Bytes bytes) override {
    const bool fails = is_failing();
    if (!fails || fault_ == DiskFault::kHalfWritten) {
      append(written_, fails ? bytes.first(bytes.size() / 2) : bytes);
    }
    return fails ? refuse() : Status();
  }
  Status sync() override {
    if (is_failing()) return refuse();
    durable_ = written_.size();
    return {};
  }

  std::size_t calls() const { return calls_; }
  const ByteVector& written() const { return written_; }
  std::size_t durable() const { return durable_; }

  // What is there when the machine comes back.
  ByteVector after_power_cut(Torn torn) const {
    const std::size_t unsynced = written_.size() - durable_;
    ByteVector bytes = written_;
    const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(durable_);
    if (torn == Torn::kNothing) bytes.resize(durable_);
    if (torn == Torn::kHalf) bytes.resize(durable_ + unsynced / 2);
    if (torn == Torn::kZeros) std::fill(from, bytes.end(), std::byte{0});
    if (torn == Torn::kTailOnly)
      std::fill(from, from + static_cast<std::ptrdiff_t>(unsynced / 2), std::byte{0});
    return bytes;
  }

 private:
  bool is_failing() {
    ++calls_;
    return fail_at_ != 0 && (calls_ == fail_at_ || (is_for_good_ && calls_ > fail_at_));
  }
  Status refuse() const { return fail(code_, "the disk fails here"); }

  std::size_t fail_at_;
  DiskFault fault_;
  ErrorCode code_;
  bool is_for_good_;
  std::size_t calls_ = 0;
  ByteVector written_;
  std::size_t durable_ = 0;
};

}  // namespace scopetrace
