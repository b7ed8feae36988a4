// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/frame_builder.h"

#include <zstd.h>

namespace scopetrace {
namespace {

bool is_one_line(std::string_view line) {
  return !line.empty() && line.size() <= kMaxLineBytes && line.find('\n') == line.size() - 1;
}

}  // namespace

void FreeZstdCompressor::operator()(ZSTD_CCtx_s* context) const { ZSTD_freeCCtx(context); }

ZstdCompressor make_compressor() {
  ZstdCompressor context(ZSTD_createCCtx());
  ST_CHECK(context != nullptr);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kZstdLevel);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_contentSizeFlag, 1);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  return context;
}

ByteVector compress_frame(ZSTD_CCtx_s* context, Bytes raw) {
  ByteVector out(ZSTD_compressBound(raw.size()));
  const std::size_t size = ZSTD_compress2(context, out.data(), out.size(), raw.data(), raw.size());
  ST_CHECK(!ZSTD_isError(size));  // only memory could fail, with a bound-sized output
  out.resize(size);
  return out;
}

FrameBuilder::FrameBuilder(const LeafSalt& salt, Sink<DataFrame>& next, std::uint64_t first_index)
    : hasher_(std::make_unique<LeafHasher>(salt)),
      next_(next),
      compressor_(make_compressor()),
      next_index_(first_index) {}

FrameBuilder::~FrameBuilder() { wipe(raw_); }

Status FrameBuilder::push(std::string line) {
  if (!is_one_line(line)) return fail(ErrorCode::kLimit, "line is too long or not one line");
  if (raw_.size() + line.size() > kMaxFrameRaw) ST_RETURN_IF_ERROR(close_frame());
  if (raw_.empty()) opened_ns_ = now_ns_;
  leaves_.push_back(hasher_->leaf(next_index_++, line));
  raw_ += line;
  return raw_.size() >= kFrameRawTarget ? close_frame() : Status();
}

Status FrameBuilder::flush(std::uint64_t now_ns) {
  now_ns_ = now_ns;
  const bool is_due = !raw_.empty() && now_ns - opened_ns_ >= kFrameMaxAgeNs;
  return is_due ? close_frame() : Status();
}

Status FrameBuilder::restart(const LeafSalt& salt) {
  if (!raw_.empty()) ST_RETURN_IF_ERROR(close_frame());
  hasher_ = std::make_unique<LeafHasher>(salt);
  next_index_ = 0;
  return {};
}

Status FrameBuilder::finish() {
  if (!raw_.empty()) ST_RETURN_IF_ERROR(close_frame());
  return next_.finish();
}

Status FrameBuilder::close_frame() {
  DataFrame frame;
  frame.compressed = compress_frame(compressor_.get(), as_bytes(raw_));
  frame.raw_bytes = static_cast<std::uint32_t>(raw_.size());
  frame.leaves = std::exchange(leaves_, {});
  raw_.clear();
  return next_.push(std::move(frame));
}

}  // namespace scopetrace
