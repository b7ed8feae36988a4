// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/reader.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>

#include "userspace/bundle/frame.h"
#include "userspace/bundle/little_endian.h"

namespace scopetrace {
namespace {

// The most content a skippable frame of this kind may have; nothing for kinds we do not know.
std::optional<std::uint64_t> max_content(std::uint32_t magic, std::uint64_t frames_before) {
  constexpr std::uint64_t kSeekFooterBytes = 9;
  switch (static_cast<FrameMagic>(magic)) {
    case FrameMagic::kSession:
    case FrameMagic::kApproval:
    case FrameMagic::kSeal:
    case FrameMagic::kFinalNote:
      return kMaxSignedTextBytes;
    case FrameMagic::kLeafSalt:
      return kLeafSaltBytes;
    case FrameMagic::kPadding:
      return kMaxPaddingBytes;
    case FrameMagic::kSeekTable:
      return frames_before * 8 + kSeekFooterBytes;
    default:
      return std::nullopt;
  }
}

}  // namespace

Result<FileSource> FileSource::open(int fd) {
  struct stat facts {};
  if (::fstat(fd, &facts) != 0) return fail_errno("stat the bundle");
  if (!S_ISREG(facts.st_mode)) return fail(ErrorCode::kUsage, "the bundle is no regular file");
  return FileSource(fd, static_cast<std::uint64_t>(facts.st_size));
}

Result<std::uint64_t> FileSource::available(std::uint64_t offset, std::uint64_t wanted_bytes) {
  return std::min(wanted_bytes, size_ - std::min(offset, size_));
}

Status FileSource::read(std::uint64_t offset, std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t n = ::pread(fd_, out.data(), out.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("read the bundle");
    if (n == 0) return fail(ErrorCode::kIo, "the bundle became shorter while it was read");
    offset += static_cast<std::uint64_t>(n);
    out = out.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

Result<std::uint64_t> MemorySource::available(std::uint64_t offset, std::uint64_t wanted_bytes) {
  return std::min<std::uint64_t>(wanted_bytes,
                                 bytes_.size() - std::min<std::uint64_t>(offset, bytes_.size()));
}

Status MemorySource::read(std::uint64_t offset, std::span<std::byte> out) {
  const Bytes from = bytes_.subspan(offset, out.size());
  std::copy(from.begin(), from.end(), out.begin());
  return {};
}

Result<std::uint64_t> PipeSource::available(std::uint64_t offset, std::uint64_t wanted_bytes) {
  drop_before(offset);
  bool has_more = true;
  while (has_more && kept_.size() - dropped_ < wanted_bytes) {
    ST_ASSIGN_OR_RETURN(has_more, read_more());
    drop_before(offset);
  }
  if (begin_ < offset) return 0;
  return std::min<std::uint64_t>(wanted_bytes, kept_.size() - dropped_);
}

Status PipeSource::read(std::uint64_t offset, std::span<std::byte> out) {
  ST_CHECK(offset == begin_ && out.size() <= kept_.size() - dropped_);
  std::copy_n(kept_.begin() + static_cast<std::ptrdiff_t>(dropped_), out.size(), out.begin());
  return {};
}

// Moves what is kept only now and then: most frames are far smaller than what is read at once.
void PipeSource::drop_before(std::uint64_t offset) {
  ST_CHECK(offset >= begin_);
  const std::size_t step = std::min<std::uint64_t>(offset - begin_, kept_.size() - dropped_);
  begin_ += step;
  dropped_ += step;
  if (dropped_ < kept_.size() / 2) return;
  kept_.erase(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(dropped_));
  dropped_ = 0;
}

Result<bool> PipeSource::read_more() {
  constexpr std::size_t kStep = 64 * 1024;  // what a pipe holds
  const std::size_t size = kept_.size();
  kept_.resize(size + kStep);
  ssize_t got = 0;
  do {
    got = ::read(fd_, kept_.data() + size, kStep);
  } while (got < 0 && errno == EINTR);
  kept_.resize(size + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got < 0 && errno != EAGAIN) return fail_errno("read the pipe");
  is_at_end_ = got == 0;
  return got > 0;
}

Result<bool> PipeSource::wait_for_more() {
  if (is_at_end_) return false;
  pollfd polled{.fd = fd_, .events = POLLIN, .revents = 0};
  if (::poll(&polled, 1, -1) < 0 && errno != EINTR) return fail_errno("wait for the pipe");
  return true;
}

Result<ByteVector> FrameReader::peek(std::uint64_t size_bytes) {
  ST_ASSIGN_OR_RETURN(const std::uint64_t there, source_.available(offset_, size_bytes));
  ByteVector bytes(there);
  ST_RETURN_IF_ERROR(source_.read(offset_, bytes));
  return bytes;
}

Result<FrameStatus> FrameReader::next(Frame& frame) {
  ST_ASSIGN_OR_RETURN(const ByteVector header, peek(4));
  if (header.empty()) return FrameStatus::kEnd;
  if (header.size() < 4) return FrameStatus::kCut;
  const std::uint32_t magic = read_le32(header);
  const bool is_data = magic == static_cast<std::uint32_t>(FrameMagic::kData);
  ST_ASSIGN_OR_RETURN(const FrameStatus status,
                      is_data ? next_data(frame) : next_skippable(frame, magic));
  if (status == FrameStatus::kFrame) {
    frame.offset = offset_;
    frame.magic = static_cast<FrameMagic>(magic);
    offset_ += frame.bytes.size();
    ++frames_;
  }
  return status;
}

Result<FrameStatus> FrameReader::next_data(Frame& frame) {
  // Most frames are far smaller than the largest: look at a little first.
  constexpr std::uint64_t kFirstLook = 128 * 1024;
  for (std::uint64_t look = kFirstLook;; look *= 4) {
    const std::uint64_t window = std::min<std::uint64_t>(look, kMaxFrameCompressed);
    ST_ASSIGN_OR_RETURN(ByteVector bytes, peek(window));
    const std::size_t size = ZSTD_findFrameCompressedSize(bytes.data(), bytes.size());
    if (!ZSTD_isError(size)) {
      bytes.resize(size);
      frame.bytes = std::move(bytes);
      return FrameStatus::kFrame;
    }
    const bool is_all_there_is = bytes.size() < window;
    // A broken header looks the same as a cut frame only when the file ends here.
    if (is_all_there_is) return FrameStatus::kCut;
    if (window == kMaxFrameCompressed) return FrameStatus::kInvalid;
  }
}

Result<FrameStatus> FrameReader::next_skippable(Frame& frame, std::uint32_t magic) {
  const auto limit = max_content(magic, frames_);
  if (!limit) return FrameStatus::kInvalid;
  ST_ASSIGN_OR_RETURN(const ByteVector header, peek(kSkippableHeaderBytes));
  if (header.size() < kSkippableHeaderBytes) return FrameStatus::kCut;
  const std::uint64_t content = read_le32(Bytes(header).subspan(4));
  if (content > *limit) return FrameStatus::kInvalid;
  ST_ASSIGN_OR_RETURN(ByteVector bytes, peek(kSkippableHeaderBytes + content));
  if (bytes.size() < kSkippableHeaderBytes + content) return FrameStatus::kCut;
  frame.bytes = std::move(bytes);
  return FrameStatus::kFrame;
}

void FreeZstdDecompressor::operator()(ZSTD_DCtx_s* context) const { ZSTD_freeDCtx(context); }

FrameDecompressor::FrameDecompressor() : context_(ZSTD_createDCtx()) {
  ST_CHECK(context_ != nullptr);
}

Result<std::string> FrameDecompressor::decompress(Bytes frame, std::uint32_t raw_bytes) {
  if (raw_bytes > kMaxFrameRaw) return fail(ErrorCode::kCorrupt, "data frame is too large");
  std::string raw(raw_bytes, '\0');
  const std::size_t size =
      ZSTD_decompressDCtx(context_.get(), raw.data(), raw.size(), frame.data(), frame.size());
  if (ZSTD_isError(size) || size != raw_bytes) {
    return fail(ErrorCode::kCorrupt, "data frame does not decompress to its declared size");
  }
  return raw;
}

SeekEntry seek_entry(const Frame& frame) {
  const bool is_data = frame.magic == FrameMagic::kData;
  return {.compressed = static_cast<std::uint32_t>(frame.bytes.size()),
          .raw = is_data ? declared_raw_bytes(frame.bytes).value_or(0) : 0};
}

std::optional<std::uint32_t> declared_raw_bytes(Bytes frame) {
  const unsigned long long size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR || size > kMaxFrameRaw) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(size);
}

}  // namespace scopetrace
