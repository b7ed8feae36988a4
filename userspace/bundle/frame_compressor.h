// SPDX-License-Identifier: Apache-2.0
// Makes data frames of lines.
#pragma once

#include <cstdint>
#include <memory>

#include "userspace/base/bytes.h"

struct ZSTD_CCtx_s;

namespace scopetrace {

// Compresses frames with content size and checksum on, in one of a few ways that any zstd reads.
// Lines of one form, as most are, become smaller by the fast ones, long texts by level 3. So every
// kTrialEvery large frames all are tried, and what suits goes on.
class FrameCompressor {
 public:
  FrameCompressor();

  // One zstd frame of exactly these bytes. REQUIRES: 1 to kMaxFrameRaw of them.
  ByteVector compress(Bytes raw);

  static constexpr std::size_t kLargeFrame = 128 * 1024;  // bytes, raw; smaller ones are level 3
  static constexpr std::uint64_t kTrialEvery = 64;
  // What suits: the fastest way whose frame is larger than the smallest by one byte in so many.
  static constexpr std::size_t kWorthOneIn = 64;

 private:
  struct Free {
    void operator()(ZSTD_CCtx_s* context) const;
  };

  ByteVector try_all(Bytes raw);
  ByteVector pack(std::size_t way, Bytes raw);

  std::unique_ptr<ZSTD_CCtx_s, Free> context_;
  // For what nothing compresses. Kept, since fresh memory costs a fault a page.
  std::unique_ptr<std::byte[]> room_;
  std::uint64_t large_frames_ = 0;
  std::size_t way_ = 0;  // of the large frames up to the next trial
};

}  // namespace scopetrace
