// SPDX-License-Identifier: Apache-2.0
// The file under a bundle writer, as an interface so that tests can make it fail.
#pragma once

#include <cstdint>

#include "userspace/base/bytes.h"
#include "userspace/base/result.h"

namespace scopetrace {

class ByteSink {
 public:
  virtual ~ByteSink() = default;

  // Makes room for `size_bytes` more; kLimit when the disk is full. Nothing is written.
  virtual Status reserve(std::uint64_t size_bytes) = 0;
  // Appends all bytes or fails.
  virtual Status write(Bytes bytes) = 0;
  // Returns when everything written has reached the disk.
  virtual Status sync() = 0;
  // What is behind the sink passes on whole pieces of so many bytes, each only once more follows;
  // 0: whatever is written.
  virtual std::uint64_t piece_bytes() const { return 0; }
};

// A regular file, written from its start. Does not own the descriptor.
class FileSink final : public ByteSink {
 public:
  explicit FileSink(int fd) : fd_(fd) {}

  Status reserve(std::uint64_t size_bytes) override;
  Status write(Bytes bytes) override;
  Status sync() override;
  // Gives back what was reserved and not used. Call it at the end.
  Status release();

 private:
  int fd_;
  std::uint64_t written_ = 0;
  std::uint64_t reserved_ = 0;  // end of the reserved range, offset in the file
};

// The pipe to the program that encrypts a bundle. What has reached the disk is that program's
// affair: nothing can be reserved or synced here. Does not own the descriptor, which must not
// block.
class PipeSink final : public ByteSink {
 public:
  explicit PipeSink(int fd) : fd_(fd) {}

  Status reserve(std::uint64_t) override { return {}; }
  // Fails when the reader is gone, or takes nothing for kStallMs: a session must come to its end.
  Status write(Bytes bytes) override;
  Status sync() override { return {}; }
  std::uint64_t piece_bytes() const override { return kAgePieceBytes; }

  static constexpr int kStallMs = 20'000;
  static constexpr std::uint64_t kAgePieceBytes = 64 * 1024;  // age-encryption.org/v1, "Payload"

 private:
  int fd_;
};

}  // namespace scopetrace
