// SPDX-License-Identifier: Apache-2.0
#include "userspace/protocol/http1_parser.h"

#include <algorithm>
#include <utility>

namespace scopetrace {
namespace {

constexpr std::uint32_t kMaxChunkFraming = 16 * 1024;  // bytes of one size line or of all trailers
constexpr std::uint64_t kMaxChunkBytes = std::uint64_t{1} << 48;

constexpr std::size_t kStartPrefix = 32;  // holds any method with its blank, and "HTTP/1."

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string_view without_line_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

ParseState Http1HeadReader::read(Bytes& input) {
  while (!input.empty()) {
    const std::size_t seen = block_.size();
    const bool has_line = take_line(input);
    if (block_.size() >= kMaxHeaderBytes) {
      is_oversize_ = true;
      return ParseState::kInvalid;
    }
    const std::string_view line = without_line_end(std::string_view(block_).substr(line_begin_));
    if (has_start_line_ && has_line && line.empty()) return ParseState::kSuccess;
    if (!has_start_line_ && !read_start(line, seen, has_line)) return ParseState::kInvalid;
    if (has_line) line_begin_ = block_.size();
  }
  return ParseState::kNeedsMore;
}

// Judges the start line so far; bytes of the block from `seen` on are new. Only the line's prefix
// and the new bytes are looked at until it is whole: linear, however small the pieces are.
bool Http1HeadReader::read_start(std::string_view line, std::size_t seen, bool has_line) {
  if (!line.empty() && !may_start_message(line.substr(0, kStartPrefix))) return false;
  if (has_control(without_line_end(std::string_view(block_).substr(seen)))) return false;
  if (!has_line) return true;
  if (line.empty()) {
    block_.clear();  // RFC 9112 section 2.2: empty lines before the start
    return true;
  }
  has_start_line_ = parse_start_line(line).has_value();
  return has_start_line_;
}

void Http1HeadReader::clear() { *this = {}; }

// Takes up to the next line end and to the bound. Returns whether a line end was taken.
bool Http1HeadReader::take_line(Bytes& input) {
  const std::size_t room = kMaxHeaderBytes - block_.size();
  const std::string_view text = as_text(input.first(std::min(room, input.size())));
  const std::size_t end = text.find('\n');
  const std::size_t taken = end == std::string_view::npos ? text.size() : end + 1;
  block_.append(text.substr(0, taken));
  input = input.subspan(taken);
  return end != std::string_view::npos;
}

void Http1BodyReader::begin(Http1Framing framing, std::uint64_t length_bytes) {
  *this = {};
  framing_ = framing;
  left_ = length_bytes;
}

ParseState Http1BodyReader::read(Bytes& input, Bytes& content) {
  content = {};
  while (!is_at_end()) {
    if (input.empty()) return ParseState::kNeedsMore;
    const bool is_chunked = framing_ == Http1Framing::kChunked;
    if (!is_chunked || step_ == Step::kData) {
      content = take_content(input);
      return ParseState::kSuccess;
    }
    const char c = static_cast<char>(input.front());
    input = input.subspan(1);
    const ParseState state = read_framing(c);
    if (state != ParseState::kNeedsMore) return state;
  }
  return ParseState::kEnd;
}

// Cuts off what belongs to the body or to its current chunk.
Bytes Http1BodyReader::take_content(Bytes& input) {
  const std::uint64_t room = is_until_close() ? input.size() : left_;
  const Bytes content = input.first(std::min<std::uint64_t>(room, input.size()));
  input = input.subspan(content.size());
  if (is_until_close()) return content;
  left_ -= content.size();
  if (left_ == 0 && !is_length()) step_ = Step::kDataEnd;
  return content;
}

std::string Http1BodyReader::take_trailers() {
  const std::unique_ptr<std::string> taken = std::move(trailers_);
  return taken ? std::move(*taken) : std::string();
}

bool Http1BodyReader::skip(std::uint64_t missing_bytes) {
  if (is_until_close()) return true;
  const bool is_in_data =
      is_length() || (framing_ == Http1Framing::kChunked && step_ == Step::kData);
  if (!is_in_data || missing_bytes > left_) return false;
  left_ -= missing_bytes;
  if (left_ == 0 && !is_length()) step_ = Step::kDataEnd;
  return true;
}

// One byte outside chunk data (RFC 9112 section 7.1).
ParseState Http1BodyReader::read_framing(char c) {
  if (++framing_bytes_ > kMaxChunkFraming) return ParseState::kInvalid;
  switch (step_) {
    case Step::kSize:
      return read_size(c);
    case Step::kExtension:
      return c == '\n' ? end_size_line() : ParseState::kNeedsMore;
    case Step::kDataEnd:
      if (c == '\n') step_ = Step::kSize;
      return c == '\n' || c == '\r' ? ParseState::kNeedsMore : ParseState::kInvalid;
    case Step::kTrailer:
      return read_trailer(c);
    case Step::kData:
      break;
  }
  return ParseState::kInvalid;
}

ParseState Http1BodyReader::read_size(char c) {
  const int digit = hex_value(c);
  if (digit >= 0) {
    has_digit_ = true;
    left_ = left_ * 16 + static_cast<unsigned>(digit);
    return left_ <= kMaxChunkBytes ? ParseState::kNeedsMore : ParseState::kInvalid;
  }
  if (!has_digit_) return ParseState::kInvalid;
  if (c == '\n') return end_size_line();
  if (c != ';' && c != '\r' && c != ' ' && c != '\t') return ParseState::kInvalid;
  step_ = Step::kExtension;
  return ParseState::kNeedsMore;
}

ParseState Http1BodyReader::read_trailer(char c) {
  if (!trailers_) trailers_ = std::make_unique<std::string>();
  *trailers_ += c;
  if (c == '\n' && is_line_empty_) {
    framing_ = Http1Framing::kNone;
    return ParseState::kEnd;
  }
  is_line_empty_ = c == '\n' || (c == '\r' && is_line_empty_);
  return ParseState::kNeedsMore;
}

ParseState Http1BodyReader::end_size_line() {
  step_ = left_ > 0 ? Step::kData : Step::kTrailer;
  has_digit_ = false;
  is_line_empty_ = true;
  framing_bytes_ = 0;
  return ParseState::kNeedsMore;
}

}  // namespace scopetrace
