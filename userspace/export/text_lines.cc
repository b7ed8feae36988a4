// SPDX-License-Identifier: Apache-2.0
#include "userspace/export/text_lines.h"

#include <unistd.h>

#include <array>
#include <cerrno>

namespace scopetrace {
namespace {

constexpr std::size_t kMaxLine = 4 << 10;

}  // namespace

Result<std::optional<std::string_view>> FileLines::next() {
  for (;;) {
    const std::size_t end = buffer_.find('\n', at_);
    if (end != std::string::npos) {
      const std::string_view line = std::string_view(buffer_).substr(at_, end + 1 - at_);
      at_ = end + 1;
      return line;
    }
    buffer_.erase(0, at_);
    at_ = 0;
    if (buffer_.size() > kMaxLine) return fail(ErrorCode::kCorrupt, "a line is too long");
    std::array<char, 16 << 10> piece;
    const ssize_t n = ::read(fd_, piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("read the export");
    if (n == 0 && !buffer_.empty()) return fail(ErrorCode::kCorrupt, "the last line has no end");
    if (n == 0) return std::nullopt;
    buffer_.append(piece.data(), static_cast<std::size_t>(n));
  }
}

Status FrameLines::read_frame() {
  Frame frame;
  ST_ASSIGN_OR_RETURN(const FrameStatus status, reader_.next(frame));
  is_at_end_ = status == FrameStatus::kEnd;
  is_broken_ = !is_at_end_;
  if (status != FrameStatus::kFrame || frame.magic != FrameMagic::kData) return {};
  auto raw = zstd_.decompress(frame.bytes, declared_raw_bytes(frame.bytes).value_or(0));
  is_broken_ = !raw || !raw->ends_with('\n');
  if (is_broken_) return {};
  raw_ = *std::move(raw);
  rest_ = raw_;
  return {};
}

Result<std::optional<std::string_view>> FrameLines::next() {
  while (rest_.empty() && !is_at_end_ && !is_broken_) ST_RETURN_IF_ERROR(read_frame());
  if (rest_.empty()) return std::nullopt;
  const std::string_view line = rest_.substr(0, rest_.find('\n') + 1);
  rest_.remove_prefix(line.size());
  return line;
}

}  // namespace scopetrace
