// SPDX-License-Identifier: Apache-2.0
#include "userspace/protocol/message_inflater.h"

#include <array>

namespace scopetrace {
namespace {

constexpr int kRawBits = -15;  // the largest window decodes what any smaller one coded
constexpr std::size_t kScratchBytes = 16 * 1024;
constexpr std::string_view kTail("\0\0\xff\xff", 4);  // RFC 7692 section 7.2.2

}  // namespace

MessageInflater::~MessageInflater() {
  if (is_open_) inflateEnd(&stream_);
}

bool MessageInflater::put(Bytes bytes, ByteOutput& output) {
  if (is_lost_ || !open()) return false;
  stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
  stream_.avail_in = static_cast<uInt>(bytes.size());
  bool is_more = stream_.avail_in > 0;
  while (is_more && !is_lost_) is_lost_ = !step(output, is_more);
  return !is_lost_;
}

bool MessageInflater::end_message(ByteOutput& output) {
  const bool is_whole = put(as_bytes(kTail), output);
  decoded_bytes_ = 0;
  if (keeps_window_) return is_whole;
  is_lost_ = is_open_ && inflateReset(&stream_) != Z_OK;
  has_gap_ = false;
  return is_whole;
}

bool MessageInflater::open() {
  if (!is_open_) is_open_ = inflateInit2(&stream_, kRawBits) == Z_OK;
  return is_open_;
}

// One inflate call. `is_more` tells whether another has something to do.
bool MessageInflater::step(ByteOutput& output, bool& is_more) {
  std::array<std::byte, kScratchBytes> scratch;
  stream_.next_out = reinterpret_cast<Bytef*>(scratch.data());
  stream_.avail_out = scratch.size();
  const int code = inflate(&stream_, Z_SYNC_FLUSH);
  if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) return false;
  const std::size_t made = scratch.size() - stream_.avail_out;
  is_more = code != Z_BUF_ERROR && (stream_.avail_in > 0 || stream_.avail_out == 0);
  // A block may say that it is the last (RFC 7692 section 7.2.3.4).
  if (code == Z_STREAM_END && inflateReset(&stream_) != Z_OK) return false;
  decoded_bytes_ += made;
  if (made > 0) output.put(Bytes(scratch.data(), made));
  return decoded_bytes_ <= kMaxDecodedBytes;
}

}  // namespace scopetrace
