// SPDX-License-Identifier: Apache-2.0
// Sends and receives channel messages over a SOCK_SEQPACKET pair; sealed memory files.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "userspace/bundle/frame.h"
#include "userspace/session/channel.h"

namespace scopetrace {

// A connected pair, both ends close-on-exec. first: capture's end, second: redact's.
Result<std::pair<UniqueFd, UniqueFd>> make_channel();

// Sends one message; blocks while the peer's queue is full unless the socket is non-blocking.
// A descriptor in it is duplicated by the kernel: the message may be destroyed afterwards.
// Errors: kIo (EPIPE when the peer has gone, EAGAIN when it would block), kLimit from encode().
Status send_message(int socket_fd, const ToRedact& message);
Status send_message(int socket_fd, const FromRedact& message);

enum class ReceiveState {
  kMessage,  // `message` holds one
  kNothing,  // none is waiting
  kClosed,   // the peer has gone and everything it sent was read
};
template <class Message>
struct Received {
  ReceiveState state = ReceiveState::kNothing;
  std::optional<Message> message;
};
// Takes the next message; never blocks (poll(2) the socket). Descriptors arrive close-on-exec;
// those that a message should not carry are closed. Errors: kIo, kCorrupt as in channel.h.
Result<Received<FromRedact>> receive_from_redact(int socket_fd);
Result<Received<ToRedact>> receive_to_redact(int socket_fd);

// A memfd with these parts one after the other and all four seals set.
Result<UniqueFd> make_sealed_memfd(const char* name, std::span<const Bytes> parts);
// Checks that `fd` is a sealed memory file of exactly `size_bytes` bytes, then reads it whole.
// Errors: kCorrupt when a seal is missing, it is no memory file, or the size differs.
Result<ByteVector> read_sealed_memfd(int fd, std::size_t size_bytes);

// Makes the message for a frame (redact's side).
Result<FrameMessage> make_frame_message(const DataFrame& frame, const ClaimedCounters& claimed);
// Reads the frame that a message describes (capture's side). After it the bytes are capture's own:
// redact can change them no more. Says nothing about the content; the bundle writer checks that.
Result<DataFrame> read_frame(const FrameMessage& message);

}  // namespace scopetrace
