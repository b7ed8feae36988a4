// SPDX-License-Identifier: Apache-2.0
// Walks the frames of a bundle, whose bytes are hostile. Nothing here trusts or decompresses more
// than the limits of format.h.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "userspace/base/bytes.h"
#include "userspace/base/result.h"
#include "userspace/bundle/format.h"
#include "userspace/bundle/seek_table.h"

struct ZSTD_DCtx_s;

namespace scopetrace {

// The bytes of a bundle: a file, what a program writes to a pipe, or memory in tests and fuzzers.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // How many of the `wanted_bytes` from `offset` there are: fewer only where the bundle ends.
  virtual Result<std::uint64_t> available(std::uint64_t offset, std::uint64_t wanted_bytes) = 0;
  // Exactly out.size() bytes from `offset`. REQUIRES: they are available.
  virtual Status read(std::uint64_t offset, std::span<std::byte> out) = 0;
  // Of a file that is still being written: waits until there is more of it than so far, and says
  // whether there ever will be.
  virtual Result<bool> wait_for_more() { return false; }
};

// A regular file, of the size it had when this was made. Does not own the descriptor.
class FileSource final : public ByteSource {
 public:
  static Result<FileSource> open(int fd);
  std::uint64_t size() const { return size_; }
  Result<std::uint64_t> available(std::uint64_t offset, std::uint64_t wanted_bytes) override;
  Status read(std::uint64_t offset, std::span<std::byte> out) override;

 private:
  FileSource(int fd, std::uint64_t size) : fd_(fd), size_(size) {}
  int fd_;
  std::uint64_t size_;
};

// Borrowed memory.
class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(Bytes bytes) : bytes_(bytes) {}
  Result<std::uint64_t> available(std::uint64_t offset, std::uint64_t wanted_bytes) override;
  Status read(std::uint64_t offset, std::span<std::byte> out) override;

 private:
  Bytes bytes_;
};

// A pipe, whose length nobody knows before its end. Reads from front to back: an offset may not be
// smaller than any before it. Memory: the bytes from the last offset on that were looked at.
class PipeSource final : public ByteSource {
 public:
  // Does not own the descriptor. With O_NONBLOCK what came so far counts, and wait_for_more()
  // waits; without it every look waits for all it wants.
  explicit PipeSource(int fd) : fd_(fd) {}
  Result<std::uint64_t> available(std::uint64_t offset, std::uint64_t wanted_bytes) override;
  Status read(std::uint64_t offset, std::span<std::byte> out) override;
  Result<bool> wait_for_more() override;

 private:
  void drop_before(std::uint64_t offset);
  Result<bool> read_more();  // false: nothing more now

  int fd_;
  std::uint64_t begin_ = 0;  // offset of the first byte that is kept
  ByteVector kept_;
  std::size_t dropped_ = 0;  // bytes at the front of kept_ that lie before begin_
  bool is_at_end_ = false;
};

// One frame, as stored.
struct Frame {
  FrameMagic magic = FrameMagic::kData;
  std::uint64_t offset = 0;
  ByteVector bytes;  // all of it, header included

  // What a skippable frame carries. REQUIRES: magic is not kData.
  Bytes content() const { return Bytes(bytes).subspan(kSkippableHeaderBytes); }
  std::string_view text() const { return as_text(content()); }
};

enum class FrameStatus {
  kFrame,
  kEnd,      // exactly at the end of the file
  kCut,      // the file ends inside this frame
  kInvalid,  // no frame of a bundle begins here
};

// Reads one frame after another. Memory: one frame, at most kMaxFrameCompressed, or the seek table.
class FrameReader {
 public:
  explicit FrameReader(ByteSource& source) : source_(source) {}

  // The next frame goes to `frame`, unchanged otherwise. Fails only when the source does.
  Result<FrameStatus> next(Frame& frame);
  std::uint64_t offset() const { return offset_; }  // of the next frame

 private:
  Result<FrameStatus> next_data(Frame& frame);
  Result<FrameStatus> next_skippable(Frame& frame, std::uint32_t magic);
  Result<ByteVector> peek(std::uint64_t size_bytes);

  ByteSource& source_;
  std::uint64_t offset_ = 0;
  std::uint64_t frames_ = 0;
};

struct FreeZstdDecompressor {
  void operator()(ZSTD_DCtx_s* context) const;
};

// Decompresses data frames, never beyond the size that was declared and sealed.
class FrameDecompressor {
 public:
  FrameDecompressor();
  // kCorrupt unless the frame holds exactly `raw_bytes`, at most kMaxFrameRaw.
  Result<std::string> decompress(Bytes frame, std::uint32_t raw_bytes);

 private:
  std::unique_ptr<ZSTD_DCtx_s, FreeZstdDecompressor> context_;
};

// What the seek table says of a frame.
SeekEntry seek_entry(const Frame& frame);

// The content size that the header of a data frame declares, if it has one within kMaxFrameRaw.
std::optional<std::uint32_t> declared_raw_bytes(Bytes frame);

}  // namespace scopetrace
