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

}  // namespace scopetrace
