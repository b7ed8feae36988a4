// SPDX-License-Identifier: Apache-2.0
// Compressed bodies for tests and benchmarks.
#pragma once

#include <zlib.h>

#include <string>

namespace scopetrace {

// Window bits of zlib's deflateInit2 that choose the wrapper.
inline constexpr int kGzipBits = 31;
inline constexpr int kZlibBits = 15;
inline constexpr int kRawDeflateBits = -15;

inline std::string deflated(const std::string& text, int window_bits) {
  z_stream stream = {};
  deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// A brotli stream of one uncompressed meta-block (RFC 7932 section 9.2); no encoder is linked here.
// `text` has 1 byte to 64 KiB.
inline std::string stored_brotli(const std::string& text) {
  // From the lowest bit: window of 16 bits (0), not the last (0), four nibbles of length (00), the
  // length less one, uncompressed (1); then the last, empty block.
  const std::size_t head = (text.size() - 1) << 4 | std::size_t{1} << 20;
  std::string out;
  for (unsigned shift = 0; shift < 24; shift += 8) out += static_cast<char>(head >> shift & 255);
  return out + text + "\x03";
}

}  // namespace scopetrace
