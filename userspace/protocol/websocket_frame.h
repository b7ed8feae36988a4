// SPDX-License-Identifier: Apache-2.0
// Cuts one direction of a connection into WebSocket frames (RFC 6455 section 5.2), incrementally.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "userspace/base/bytes.h"
#include "userspace/protocol/parse_state.h"

namespace scopetrace {

inline constexpr std::size_t kMaxControlBytes = 125;  // payload of a control frame

// RFC 6455 section 11.8. Others are reserved.
enum class WebSocketOpcode : std::uint8_t {
  kContinuation = 0,
  kText = 1,
  kBinary = 2,
  kClose = 8,
  kPing = 9,
  kPong = 10,
};

struct WebSocketFrame {
  WebSocketOpcode opcode = WebSocketOpcode::kContinuation;
  bool is_final = false;
  bool is_compressed = false;  // RSV1 (RFC 7692 section 6)
  std::uint64_t payload_bytes = 0;
  std::optional<std::uint32_t> mask;  // as it stands in memory

  bool is_control() const { return opcode >= WebSocketOpcode::kClose; }
};

// Reads frames and takes the mask off their payload.
class WebSocketFrameReader {
 public:
  // Takes bytes from the front of `input`.
  //   kNeedsMore: all taken.   kIgnored: the header of frame() was taken; call again.
  //   kSuccess: `content` is a piece of the payload of frame(), valid until the next call.
  //   kEnd: frame() is over.   kInvalid: no frame; held() was taken of it.
  ParseState read(Bytes& input, Bytes& content);

  // Passes over bytes that were not seen. Returns false when the frame's end is lost with them.
  bool skip(std::uint64_t missing_bytes);

  const WebSocketFrame& frame() const { return frame_; }
  bool is_in_payload() const { return is_in_payload_; }
  // The bytes of a header that is not whole or was refused.
  std::string_view held() const { return {header_, held_bytes_}; }
  std::size_t memory_bytes() const { return piece_.capacity(); }

 private:
  static constexpr std::size_t kMaxHeader = 14;
  static constexpr std::size_t kPieceBytes = 4096;

  bool read_header(Bytes& input);
  std::size_t header_bytes() const;
  bool begin_payload();
  Bytes unmask(Bytes masked);

  WebSocketFrame frame_;
  std::uint64_t left_bytes_ = 0;    // of the payload
  std::uint64_t passed_bytes_ = 0;  // of it: where the mask is
  std::size_t held_bytes_ = 0;
  char header_[kMaxHeader] = {};
  bool is_in_payload_ = false;
  ByteVector piece_;
};

}  // namespace scopetrace
