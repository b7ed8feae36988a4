// SPDX-License-Identifier: Apache-2.0
// Cuts one direction of a connection into HTTP/1 heads and bodies (RFC 9112), incrementally.
//
// Own code instead of Boost.Beast. A capture is not an endpoint: it must go on behind a gap inside
// a body by counting, give up a header block at a bound of its own and find the next message,
// accept what the target's own parser accepted (bare LF, folded lines, spaces around names), and
// hold nothing between messages. Beast's parser can do none of these: it wants every byte, a
// contiguous header, strict lines, and a buffer for each connection.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "userspace/protocol/http1_head.h"
#include "userspace/protocol/parse_state.h"

namespace scopetrace {

// Finds the end of a header block. Holds the block until then, at most kMaxHeaderBytes.
class Http1HeadReader {
 public:
  // Takes bytes from the front of `input`.
  //   kNeedsMore: all taken.   kSuccess: block() is complete, empty line included.
  //   kInvalid: block() holds what was taken; is_oversize() says whether its bound was the reason.
  ParseState read(Bytes& input);

  const std::string& block() const { return block_; }
  bool is_oversize() const { return is_oversize_; }
  bool empty() const { return block_.empty(); }
  // Forgets the block and frees its memory.
  void clear();

 private:
  bool take_line(Bytes& input);
  bool read_start(std::string_view line, std::size_t seen, bool has_line);

  std::string block_;
  std::size_t line_begin_ = 0;  // of the line that is being read
  bool has_start_line_ = false;
  bool is_oversize_ = false;
};

// Removes the framing from a message body: counts its length or reads its chunks and trailers.
class Http1BodyReader {
 public:
  // Starts a body. kTunnel and kInvalid are not bodies.
  void begin(Http1Framing framing, std::uint64_t length_bytes);

  // Takes bytes from the front of `input`; `content` is the part of it that is body.
  //   kNeedsMore: all taken, no content.   kSuccess: content is valid; call again.
  //   kEnd: the last byte of the message was taken.   kInvalid: broken chunk framing.
  ParseState read(Bytes& input, Bytes& content);

  // Passes over bytes that were not seen. Returns false when the message's end is lost with them.
  bool skip(std::uint64_t missing_bytes);

  // The lines behind the last chunk, once kEnd was told; at most 16 KiB.
  std::string take_trailers();
  std::size_t memory_bytes() const { return trailers_ ? trailers_->capacity() : 0; }

  bool is_until_close() const { return framing_ == Http1Framing::kUntilClose; }
  bool is_at_end() const { return framing_ == Http1Framing::kNone || (is_length() && left_ == 0); }

 private:
  enum class Step : std::uint8_t { kSize, kExtension, kData, kDataEnd, kTrailer };

  bool is_length() const { return framing_ == Http1Framing::kLength; }
  Bytes take_content(Bytes& input);
  ParseState read_framing(char c);
  ParseState read_size(char c);
  ParseState read_trailer(char c);
  ParseState end_size_line();

  Http1Framing framing_ = Http1Framing::kNone;
  Step step_ = Step::kSize;
  bool has_digit_ = false;                 // of the chunk size
  bool is_line_empty_ = true;              // of the trailer line so far
  std::uint64_t left_ = 0;                 // of the length or of the chunk
  std::uint32_t framing_bytes_ = 0;        // of this chunk's size line or of the trailers
  std::unique_ptr<std::string> trailers_;  // most messages have none
};

}  // namespace scopetrace
