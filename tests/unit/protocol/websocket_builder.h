// SPDX-License-Identifier: Apache-2.0
// Makes the bytes of a WebSocket connection.
#pragma once

#include <zlib.h>

#include <string>
#include <string_view>

#include "tests/support/http2_builder.h"
#include "userspace/protocol/websocket_frame.h"

namespace scopetrace {

inline constexpr unsigned kFinal = 0x80, kCompressed = 0x40;

// A frame of the server, or with a mask of the client.
inline std::string websocket_frame(WebSocketOpcode opcode, unsigned bits, std::string payload,
                                   std::string_view mask = {}) {
  const unsigned masked = mask.empty() ? 0 : 0x80;
  std::string out(1, static_cast<char>(bits | static_cast<unsigned>(opcode)));
  if (payload.size() < 126) {
    out += static_cast<char>(masked | payload.size());
  } else if (payload.size() < 65536) {
    out += static_cast<char>(masked | 126);
    out += big_endian(payload.size(), 2);
  } else {
    out += static_cast<char>(masked | 127);
    out += big_endian(payload.size(), 8);
  }
  out += mask;
  for (std::size_t i = 0; i < payload.size() && !mask.empty(); ++i) payload[i] ^= mask[i % 4];
  return out + payload;
}

// permessage-deflate of one direction (RFC 7692 section 7.2.1), the window kept.
class MessageDeflater {
 public:
  MessageDeflater() { ST_CHECK(deflateInit2(&stream_, 6, Z_DEFLATED, -15, 8, 0) == Z_OK); }
  ~MessageDeflater() { deflateEnd(&stream_); }
  MessageDeflater(const MessageDeflater&) = delete;
  MessageDeflater& operator=(const MessageDeflater&) = delete;

  std::string deflate(std::string_view text) {
    std::string out(text.size() + 64, '\0');
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream_.avail_in = static_cast<uInt>(text.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    ST_CHECK(::deflate(&stream_, Z_SYNC_FLUSH) == Z_OK && stream_.avail_in == 0);
    out.resize(out.size() - stream_.avail_out - 4);
    return out;
  }

 private:
  z_stream stream_ = {};
};

}  // namespace scopetrace
