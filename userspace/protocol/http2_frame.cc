// SPDX-License-Identifier: Apache-2.0
#include "userspace/protocol/http2_frame.h"

#include <algorithm>

#include "userspace/protocol/message.h"

namespace scopetrace {
namespace {

using Type = Http2FrameType;

constexpr std::size_t kKeptOfOthers = 8;           // of payloads that hold no header block
constexpr std::uint32_t kUsualFrameBytes = 16384;  // SETTINGS_MAX_FRAME_SIZE unless raised
constexpr std::size_t kPriorityBytes = 5;
constexpr std::size_t kStreamBytes = 4;
constexpr std::uint32_t kStreamMask = 0x7fffffff;

std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<std::uint8_t>(c);
  return value;
}

// What RFC 9113 section 6 says of one type.
struct TypeRule {
  std::uint32_t min_bytes;
  std::uint32_t max_bytes;
  bool is_on_stream;         // else on stream 0
  bool is_on_either;         // WINDOW_UPDATE
  std::uint8_t known_flags;  // an unknown flag is ignored by peers, but nobody sends one
};
constexpr std::uint32_t kAnyLength = (1U << 24) - 1;
constexpr TypeRule kRules[] = {
    {0, kAnyLength, true, false, kEndStream | kPadded},
    {0, kAnyLength, true, false, kEndStream | kEndHeaders | kPadded | kHasPriority},
    {kPriorityBytes, kPriorityBytes, true, false, 0},
    {4, 4, true, false, 0},
    {0, kAnyLength, false, false, kAck},
    {kStreamBytes, kAnyLength, true, false, kEndHeaders | kPadded},
    {8, 8, false, false, kAck},
    {8, kAnyLength, false, false, 0},
    {4, 4, false, true, 0},
    {0, kAnyLength, true, false, kEndHeaders},
};

const TypeRule* rule_of(Type type) {
  const auto index = static_cast<std::size_t>(type);
  return index < std::size(kRules) ? &kRules[index] : nullptr;
}

bool follows(const TypeRule& rule, const Http2FrameHeader& frame) {
  if (frame.length_bytes < rule.min_bytes || frame.length_bytes > rule.max_bytes) return false;
  if (frame.type == Type::kSettings && frame.length_bytes % 6 != 0) return false;
  return rule.is_on_either || rule.is_on_stream == (frame.stream != 0);
}

// Whether a header block may begin so: a pseudo-field comes first, in any representation, or the
// size of the table.
bool may_begin_block(std::uint8_t first) {
  constexpr std::uint8_t kLastPseudo = 14, kFirstDynamic = 62;  // RFC 7541 appendix A
  const auto is_pseudo = [](unsigned index) { return index >= 1 && index <= kLastPseudo; };
  if ((first & 0x80) != 0) return is_pseudo(first & 0x7f) || (first & 0x7f) >= kFirstDynamic;
  if ((first & 0x40) != 0) return is_pseudo(first & 0x3f) || (first & 0x3f) >= kFirstDynamic;
  return (first & 0x20) != 0 || is_pseudo(first & 0x0f);
}

Http2Begin judge_headers(const Http2FrameHeader& frame, std::string_view bytes) {
  std::size_t at = kFrameHeaderBytes;
  at += frame.has(kPadded) ? 1 : 0;
  at += frame.has(kHasPriority) ? kPriorityBytes : 0;
  if (frame.length_bytes <= at - kFrameHeaderBytes) return Http2Begin::kNo;
  if (bytes.size() <= at) return Http2Begin::kNeedsMore;
  return may_begin_block(static_cast<std::uint8_t>(bytes[at])) ? Http2Begin::kFrame
                                                               : Http2Begin::kNo;
}

// The bytes that every frame begins with: a length that is usual, a type of the RFC.
bool may_begin_frame(std::string_view bytes) {
  if (big_endian(bytes.substr(0, 1)) != 0) return false;
  if (bytes.size() >= 2 && big_endian(bytes.substr(0, 2)) > kUsualFrameBytes >> 8) return false;
  return bytes.size() < 4 || static_cast<std::uint8_t>(bytes[3]) < std::size(kRules);
}

// Whether this header hardly occurs by chance. Clients choose odd streams; lengths of other
// protocols that look like a type are followed by zeros more often than not.
bool is_proof(const Http2FrameHeader& frame) {
  const TypeRule& rule = *rule_of(frame.type);
  const bool is_telling = frame.type != Type::kData && frame.type != Type::kContinuation &&
                          frame.type != Type::kPushPromise;
  const bool is_usual =
      frame.length_bytes <= kUsualFrameBytes && (frame.flags & ~rule.known_flags) == 0;
  return is_telling && is_usual && (frame.stream == 0 || frame.stream % 2 == 1);
}

Http2Begin judge_frame(std::string_view bytes) {
  if (!may_begin_frame(bytes)) return Http2Begin::kNo;
  if (bytes.size() < kFrameHeaderBytes) return Http2Begin::kNeedsMore;
  const auto frame = parse_frame_header(bytes);
  if (!frame || !is_proof(*frame)) return Http2Begin::kNo;
  return frame->type == Type::kHeaders ? judge_headers(*frame, bytes) : Http2Begin::kFrame;
}

}  // namespace

std::optional<Http2FrameHeader> parse_frame_header(std::string_view bytes) {
  if (bytes.size() < kFrameHeaderBytes) return std::nullopt;
  Http2FrameHeader frame;
  frame.length_bytes = big_endian(bytes.substr(0, 3));
  frame.type = static_cast<Type>(bytes[3]);
  frame.flags = static_cast<std::uint8_t>(bytes[4]);
  frame.stream = big_endian(bytes.substr(5, kStreamBytes)) & kStreamMask;
  const TypeRule* rule = rule_of(frame.type);
  if (rule != nullptr && !follows(*rule, frame)) return std::nullopt;
  return frame;
}

Http2Begin judge_http2_begin(std::string_view bytes) {
  if (bytes.empty()) return Http2Begin::kNeedsMore;
  if (bytes.starts_with(kHttp2Preface)) return Http2Begin::kPreface;
  if (kHttp2Preface.starts_with(bytes)) return Http2Begin::kNeedsMore;
  return judge_frame(bytes);
}

ParseState Http2FrameReader::read(Bytes& input, Bytes& content) {
  content = {};
  if (!is_in_payload_) {
    if (!read_header(input)) return ParseState::kNeedsMore;
    if (!begin_payload()) return ParseState::kInvalid;
  }
  return frame_.type == Type::kData ? read_data(input, content) : read_payload(input, content);
}

// Returns whether the header is whole.
bool Http2FrameReader::read_header(Bytes& input) {
  const std::size_t taken = std::min(input.size(), kFrameHeaderBytes - held_bytes_);
  std::copy_n(as_text(input).begin(), taken, header_ + held_bytes_);
  held_bytes_ += taken;
  input = input.subspan(taken);
  return held_bytes_ == kFrameHeaderBytes;
}

bool Http2FrameReader::begin_payload() {
  const auto frame = parse_frame_header(held());
  if (!frame) return false;
  frame_ = *frame;
  left_bytes_ = frame_.length_bytes;
  padding_bytes_ = 0;
  needs_pad_length_ = frame_.type == Type::kData && frame_.has(kPadded);
  if (needs_pad_length_ && left_bytes_ == 0) return false;
  held_bytes_ = 0;
  is_in_payload_ = true;
  is_cut_ = false;
  payload_.clear();
  return true;
}

ParseState Http2FrameReader::read_payload(Bytes& input, Bytes& /*content*/) {
  const std::size_t taken = std::min<std::size_t>(input.size(), left_bytes_);
  keep(input.first(taken));
  input = input.subspan(taken);
  left_bytes_ -= static_cast<std::uint32_t>(taken);
  if (left_bytes_ > 0) return ParseState::kNeedsMore;
  is_in_payload_ = false;
  return ParseState::kEnd;
}

ParseState Http2FrameReader::read_data(Bytes& input, Bytes& content) {
  if (needs_pad_length_) {
    if (input.empty()) return ParseState::kNeedsMore;
    padding_bytes_ = std::to_integer<std::uint32_t>(input.front());
    input = input.subspan(1);
    --left_bytes_;
    needs_pad_length_ = false;
    if (padding_bytes_ > left_bytes_) return ParseState::kInvalid;
  }
  const std::uint32_t unpadded = left_bytes_ - std::min(left_bytes_, padding_bytes_);
  if (unpadded > 0 && !input.empty()) {
    content = input.first(std::min<std::size_t>(input.size(), unpadded));
    input = input.subspan(content.size());
    left_bytes_ -= static_cast<std::uint32_t>(content.size());
    return ParseState::kSuccess;
  }
  const std::size_t passed = std::min<std::size_t>(input.size(), left_bytes_);
  input = input.subspan(passed);
  left_bytes_ -= static_cast<std::uint32_t>(passed);
  if (left_bytes_ > 0) return ParseState::kNeedsMore;
  is_in_payload_ = false;
  return ParseState::kEnd;
}

void Http2FrameReader::keep(Bytes bytes) {
  const bool has_block = frame_.type == Type::kHeaders || frame_.type == Type::kPushPromise ||
                         frame_.type == Type::kContinuation;
  const std::size_t bound = has_block ? kMaxHeaderBytes : kKeptOfOthers;
  const std::size_t room = bound - std::min(bound, payload_.size());
  payload_.append(as_text(bytes.first(std::min(room, bytes.size()))));
  is_cut_ = is_cut_ || bytes.size() > room;
}

bool Http2FrameReader::skip(std::uint64_t missing_bytes) {
  if (!is_in_payload_ || needs_pad_length_ || missing_bytes > left_bytes_) return false;
  left_bytes_ -= static_cast<std::uint32_t>(missing_bytes);
  is_cut_ = true;
  return true;
}

std::optional<HeaderFragment> header_fragment(const Http2FrameHeader& frame,
                                              std::string_view payload) {
  HeaderFragment fragment;
  if (frame.type == Type::kContinuation) return HeaderFragment{payload, 0};
  if (frame.has(kPadded)) {
    if (payload.empty()) return std::nullopt;
    const std::size_t padding = static_cast<std::uint8_t>(payload[0]);
    payload.remove_prefix(1);
    if (padding > payload.size()) return std::nullopt;
    payload.remove_suffix(padding);
  }
  std::size_t before = 0;
  if (frame.type == Type::kPushPromise) {
    fragment.promised_stream = payload_number(payload).value_or(0);
    before = kStreamBytes;
  } else if (frame.has(kHasPriority)) {
    before = kPriorityBytes;
  }
  if (payload.size() < before) return std::nullopt;
  fragment.block = payload.substr(before);
  return fragment;
}

std::optional<std::uint32_t> payload_number(std::string_view payload) {
  if (payload.size() < kStreamBytes) return std::nullopt;
  return big_endian(payload.substr(0, kStreamBytes)) & kStreamMask;
}

}  // namespace scopetrace
