// SPDX-License-Identifier: Apache-2.0
// Collects lines into compressed data frames.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/bundle/frame.h"
#include "userspace/bundle/frame_compressor.h"
#include "userspace/bundle/line_sink.h"
#include "userspace/bundle/merkle.h"

namespace scopetrace {

// The stage before the bundle writer. A frame closes when it holds kFrameRawTarget bytes or, by
// flush(), when it is kFrameMaxAgeNs old; it never exceeds kMaxFrameRaw.
class FrameBuilder final : public LineSink {
 public:
  // `first_index` is the leaf index of the first line.
  FrameBuilder(const LeafSalt& salt, Sink<DataFrame>& next, std::uint64_t first_index = 0);
  ~FrameBuilder() override;

  // kLimit for a line over kMaxLineBytes or without exactly one LF at its end.
  Status push(std::string line) override;
  // Says what time it is (any monotonic clock, nanoseconds). Closes a frame whose first line came
  // kFrameMaxAgeNs ago or earlier. Call it a few times a second, and before the first push.
  Status flush(std::uint64_t now_ns);
  // Closes the open frame; later lines are leaves of another part, from 0, under this salt.
  Status restart(const LeafSalt& salt);
  // Closes the open frame, then finishes the next stage.
  Status finish() override;

 private:
  Status close_frame();

  std::unique_ptr<const LeafHasher> hasher_;  // of the part that is written
  Sink<DataFrame>& next_;
  FrameCompressor compressor_;
  std::string raw_;                      // of the open frame; never longer than it was reserved
  std::vector<std::string_view> lines_;  // in raw_
  std::uint64_t next_index_;             // of its first line
  std::uint64_t now_ns_ = 0;
  std::uint64_t opened_ns_ = 0;  // when the first line of the open frame came
};

}  // namespace scopetrace
