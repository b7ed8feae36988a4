// SPDX-License-Identifier: Apache-2.0
// Reads the files of an export line by line. What they hold is hostile; memory is bounded.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "userspace/bundle/reader.h"

namespace scopetrace {

// Lines of a text file, LF included. Does not own the descriptor.
class FileLines {
 public:
  explicit FileLines(int fd) : fd_(fd) {}
  // The next line, valid until the next call; nothing at the end. kCorrupt for a line of more than
  // 4 KiB or without its LF.
  Result<std::optional<std::string_view>> next();

 private:
  int fd_;
  std::string buffer_;
  std::size_t at_ = 0;  // of the next line in the buffer
};

// Lines of data frames, LF included; any other frame breaks it.
class FrameLines {
 public:
  explicit FrameLines(ByteSource& source) : reader_(source) {}
  // The next line, valid until the next call; nothing at the end or where it is broken.
  Result<std::optional<std::string_view>> next();
  bool is_broken() const { return is_broken_; }

 private:
  Status read_frame();

  FrameReader reader_;
  FrameDecompressor zstd_;
  std::string raw_;
  std::string_view rest_;
  bool is_broken_ = false;
  bool is_at_end_ = false;
};

}  // namespace scopetrace
