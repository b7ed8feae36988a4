// SPDX-License-Identifier: Apache-2.0
// Undoes permessage-deflate (RFC 7692) in one direction of a WebSocket connection.
#pragma once

#include <zlib.h>

#include <cstdint>

#include "userspace/base/bytes.h"
#include "userspace/protocol/content_coding.h"

namespace scopetrace {

// Messages are one deflate stream, or one each: `keeps_window` says which. When a message cannot be
// decoded to its end, those behind it cannot either while the window is kept. Not content_coding's
// chain: that ends with a body.
class MessageInflater {
 public:
  explicit MessageInflater(bool keeps_window) : keeps_window_(keeps_window) {}
  ~MessageInflater();
  MessageInflater(const MessageInflater&) = delete;
  MessageInflater& operator=(const MessageInflater&) = delete;

  // Takes bytes of the message. Returns false when they are broken, or when the message decodes to
  // more than kMaxDecodedBytes; the rest of it is not to be given.
  bool put(Bytes bytes, ByteOutput& output);
  // The message is over. Returns false as put() does.
  bool end_message(ByteOutput& output);
  // Bytes of the message are missing.
  void lose() { is_lost_ = has_gap_ = true; }
  // Why put() or end_message() returned false: a fixed phrase.
  const char* reason() const { return has_gap_ ? "gap" : "broken or too long when decompressed"; }

  std::size_t memory_bytes() const { return is_open_ ? 44 * 1024 : 0; }  // zconf.h

 private:
  bool open();
  bool step(ByteOutput& output, bool& is_more);

  z_stream stream_ = {};
  std::uint64_t decoded_bytes_ = 0;  // of this message
  const bool keeps_window_;
  bool is_open_ = false;
  bool is_lost_ = false;
  bool has_gap_ = false;
};

}  // namespace scopetrace
