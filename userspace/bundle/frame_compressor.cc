// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/frame_compressor.h"

#include <zstd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "userspace/base/result.h"
#include "userspace/bundle/format.h"

namespace scopetrace {
namespace {

// Parameters of zstd, 0 where the level has them. A table of 2^14 or 2^15 entries stays in the
// nearest caches; the level would take 2^16.
struct Way {
  int level = 0;
  int hash_log = 0;
  int min_match = 0;
};
constexpr std::array<Way, 3> kWays = {{{2, 14, 7}, {2, 15, 7}, {3, 0, 0}}};  // fastest first
constexpr std::size_t kSmallestWay = kWays.size() - 1;

}  // namespace

void FrameCompressor::Free::operator()(ZSTD_CCtx_s* context) const { ZSTD_freeCCtx(context); }

FrameCompressor::FrameCompressor()
    : context_(ZSTD_createCCtx()),
      room_(std::make_unique_for_overwrite<std::byte[]>(kMaxFrameCompressed)) {
  ST_CHECK(context_ != nullptr);
  ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_contentSizeFlag, 1);
  ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
}

ByteVector FrameCompressor::compress(Bytes raw) {
  if (raw.size() < kLargeFrame) return pack(kSmallestWay, raw);
  return large_frames_++ % kTrialEvery == 0 ? try_all(raw) : pack(way_, raw);
}

ByteVector FrameCompressor::try_all(Bytes raw) {
  std::array<ByteVector, kWays.size()> packed;
  for (std::size_t way = 0; way < packed.size(); ++way) packed[way] = pack(way, raw);
  const auto by_size = [](const ByteVector& a, const ByteVector& b) { return a.size() < b.size(); };
  const std::size_t smallest = std::min_element(packed.begin(), packed.end(), by_size)->size();
  way_ = 0;
  while (packed[way_].size() > smallest + smallest / kWorthOneIn) ++way_;
  return std::move(packed[way_]);
}

ByteVector FrameCompressor::pack(std::size_t way, Bytes raw) {
  const Way& chosen = kWays[way];
  ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, chosen.level);
  ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_hashLog, chosen.hash_log);
  ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_minMatch, chosen.min_match);
  const std::size_t size =
      ZSTD_compress2(context_.get(), room_.get(), kMaxFrameCompressed, raw.data(), raw.size());
  ST_CHECK(!ZSTD_isError(size));  // only memory could fail, with a bound-sized output
  return {room_.get(), room_.get() + size};
}

}  // namespace scopetrace
