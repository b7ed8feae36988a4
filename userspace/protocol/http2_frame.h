// SPDX-License-Identifier: Apache-2.0
// Cuts one direction of a connection into HTTP/2 frames (RFC 9113 section 4), incrementally.
//
// Own code beside nghttp2, whose sessions are endpoints: they need every byte from the preface on,
// answer, and end a connection where a capture has to go on counting.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "userspace/base/bytes.h"
#include "userspace/protocol/parse_state.h"

namespace scopetrace {

inline constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
inline constexpr std::size_t kFrameHeaderBytes = 9;

// RFC 9113 section 6. Further types are extensions and are passed over.
enum class Http2FrameType : std::uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kRstStream = 3,
  kSettings = 4,
  kPushPromise = 5,
  kPing = 6,
  kGoAway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
};

inline constexpr std::uint8_t kEndStream = 0x01;
inline constexpr std::uint8_t kAck = 0x01;
inline constexpr std::uint8_t kEndHeaders = 0x04;
inline constexpr std::uint8_t kPadded = 0x08;
inline constexpr std::uint8_t kHasPriority = 0x20;

struct Http2FrameHeader {
  std::uint32_t length_bytes = 0;  // of the payload
  Http2FrameType type = Http2FrameType::kData;
  std::uint8_t flags = 0;
  std::uint32_t stream = 0;

  bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
};

// The first kFrameHeaderBytes of `bytes`. Nothing when no frame can begin like that: a length or a
// stream that the type does not allow.
std::optional<Http2FrameHeader> parse_frame_header(std::string_view bytes);

// Whether `bytes`, the begin of a call, begin a conversation in HTTP/2 or go on with one. Stricter
// than parse_frame_header(): the preface, or a frame of the RFC with no flag that it does not
// define, which for HEADERS goes on as a list of pseudo-fields does. DATA alone proves nothing.
enum class Http2Begin { kNo, kNeedsMore, kPreface, kFrame };
Http2Begin judge_http2_begin(std::string_view bytes);
inline constexpr std::size_t kMaxHttp2Begin = 24;  // of what judge_http2_begin() looks at

// Reads frames. Content of DATA is passed on as it comes; of other payloads what matters is kept.
class Http2FrameReader {
 public:
  // Takes bytes from the front of `input`.
  //   kNeedsMore: all taken.   kSuccess: `content` is a piece of a DATA frame, padding removed.
  //   kEnd: frame() is over and payload() whole.   kInvalid: no frame; held() was taken of it.
  ParseState read(Bytes& input, Bytes& content);

  // Passes over bytes that were not seen. Returns false when the frame's end is lost with them.
  bool skip(std::uint64_t missing_bytes);

  // Of kSuccess and kEnd.
  const Http2FrameHeader& frame() const { return frame_; }
  // The payload of other frames than DATA, padding included; at most kMaxHeaderBytes of it.
  std::string_view payload() const { return payload_; }
  // Bytes of the payload are not there: they were too many, or missing.
  bool is_payload_cut() const { return is_cut_; }
  bool is_in_payload() const { return is_in_payload_; }

  // The bytes of a frame header that is not whole or was refused.
  std::string_view held() const { return {header_, held_bytes_}; }
  // Forgets the frame under way and frees its memory.
  void clear() { *this = {}; }

  std::size_t memory_bytes() const { return payload_.capacity(); }

 private:
  bool read_header(Bytes& input);
  bool begin_payload();
  ParseState read_payload(Bytes& input, Bytes& content);
  ParseState read_data(Bytes& input, Bytes& content);
  void keep(Bytes bytes);

  Http2FrameHeader frame_;
  std::uint32_t left_bytes_ = 0;     // of the payload
  std::uint32_t padding_bytes_ = 0;  // of DATA
  std::size_t held_bytes_ = 0;
  char header_[kFrameHeaderBytes] = {};
  bool is_in_payload_ = false;
  bool needs_pad_length_ = false;
  bool is_cut_ = false;
  std::string payload_;
};

// What is left of a payload of HEADERS or PUSH_PROMISE without padding, priority and promised
// stream. Nothing when they do not fit.
struct HeaderFragment {
  std::string_view block;
  std::uint32_t promised_stream = 0;  // of PUSH_PROMISE
};
std::optional<HeaderFragment> header_fragment(const Http2FrameHeader& frame,
                                              std::string_view payload);

// The first four bytes of a payload, without the reserved bit: a stream, or an error code.
std::optional<std::uint32_t> payload_number(std::string_view payload);

}  // namespace scopetrace
