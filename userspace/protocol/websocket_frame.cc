// SPDX-License-Identifier: Apache-2.0
#include "userspace/protocol/websocket_frame.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace scopetrace {
namespace {

using Opcode = WebSocketOpcode;

constexpr std::size_t kSmallestHeader = 2;
constexpr std::size_t kMaskBytes = 4;
constexpr unsigned kLength16 = 126, kLength64 = 127;  // a longer length follows

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<std::uint8_t>(c);
  return value;
}

bool is_known(Opcode opcode) {
  return opcode <= Opcode::kBinary || (opcode >= Opcode::kClose && opcode <= Opcode::kPong);
}

std::size_t length_bytes(unsigned length) {
  if (length == kLength16) return 2;
  return length == kLength64 ? 8 : 0;
}

// A whole header. Nothing when RFC 6455 allows no frame like that.
std::optional<WebSocketFrame> parse_header(std::string_view bytes) {
  const unsigned first = byte_at(bytes, 0), length = byte_at(bytes, 1) & 0x7f;
  WebSocketFrame frame;
  frame.opcode = static_cast<Opcode>(first & 0x0f);
  frame.is_final = (first & 0x80) != 0;
  frame.is_compressed = (first & 0x40) != 0;
  bytes.remove_prefix(kSmallestHeader);
  const std::size_t longer = length_bytes(length);
  frame.payload_bytes = longer == 0 ? length : big_endian(bytes.substr(0, longer));
  if (bytes.size() > longer) {
    std::uint32_t mask = 0;
    std::memcpy(&mask, bytes.data() + longer, sizeof(mask));
    frame.mask = mask;
  }
  const bool is_whole = frame.is_final && frame.payload_bytes <= kMaxControlBytes;
  const bool has_only_known_bits = (first & 0x30) == 0 && is_known(frame.opcode);
  const bool is_sound = !frame.is_control() || (is_whole && !frame.is_compressed);
  if (!has_only_known_bits || !is_sound || frame.payload_bytes >> 63 != 0) return std::nullopt;
  return frame;
}

}  // namespace

ParseState WebSocketFrameReader::read(Bytes& input, Bytes& content) {
  content = {};
  if (!is_in_payload_) {
    if (!read_header(input)) return ParseState::kNeedsMore;
    return begin_payload() ? ParseState::kIgnored : ParseState::kInvalid;
  }
  if (left_bytes_ == 0) {
    is_in_payload_ = false;
    return ParseState::kEnd;
  }
  if (input.empty()) return ParseState::kNeedsMore;
  const std::uint64_t bound =
      frame_.mask ? std::min<std::uint64_t>(left_bytes_, kPieceBytes) : left_bytes_;
  content = input.first(std::min<std::uint64_t>(input.size(), bound));
  input = input.subspan(content.size());
  if (frame_.mask) content = unmask(content);
  left_bytes_ -= content.size();
  passed_bytes_ += content.size();
  return ParseState::kSuccess;
}

// Returns whether the header is whole.
bool WebSocketFrameReader::read_header(Bytes& input) {
  while (held_bytes_ < header_bytes()) {
    if (input.empty()) return false;
    header_[held_bytes_++] = static_cast<char>(input.front());
    input = input.subspan(1);
  }
  return true;
}

// As far as what is held says.
std::size_t WebSocketFrameReader::header_bytes() const {
  if (held_bytes_ < kSmallestHeader) return kSmallestHeader;
  const unsigned second = byte_at(held(), 1);
  return kSmallestHeader + length_bytes(second & 0x7f) + ((second & 0x80) != 0 ? kMaskBytes : 0);
}

bool WebSocketFrameReader::begin_payload() {
  const auto frame = parse_header(held());
  if (!frame) return false;
  frame_ = *frame;
  left_bytes_ = frame_.payload_bytes;
  passed_bytes_ = 0;
  held_bytes_ = 0;
  is_in_payload_ = true;
  return true;
}

Bytes WebSocketFrameReader::unmask(Bytes masked) {
  std::array<std::byte, kMaskBytes> mask;
  std::memcpy(mask.data(), &*frame_.mask, mask.size());
  piece_.resize(kPieceBytes);
  for (std::size_t i = 0; i < masked.size(); ++i) {
    piece_[i] = masked[i] ^ mask[(passed_bytes_ + i) % kMaskBytes];
  }
  return Bytes(piece_).first(masked.size());
}

bool WebSocketFrameReader::skip(std::uint64_t missing_bytes) {
  if (!is_in_payload_ || missing_bytes > left_bytes_) return false;
  left_bytes_ -= missing_bytes;
  passed_bytes_ += missing_bytes;
  return true;
}

}  // namespace scopetrace
