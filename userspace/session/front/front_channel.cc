// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/front/front_channel.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace scopetrace {
namespace {

// First bytes of every message; the text follows.
struct Header {
  std::uint32_t magic;
  std::uint16_t type;
  std::uint16_t reserved;
};
static_assert(sizeof(Header) == 8, "layout crosses a process boundary");
constexpr std::uint32_t kMagic = 0x53544631;  // "STF1"

union ControlBuffer {
  cmsghdr align;
  char bytes[CMSG_SPACE(sizeof(int))];
};

void attach_fd(msghdr& message, ControlBuffer& control, int fd) {
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof(control.bytes);
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &fd, sizeof(fd));
}

UniqueFd take_fd(msghdr& message) {
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(header), sizeof(fd));
    return UniqueFd(fd);
  }
  return {};
}

Result<FrontMessage> parse_message(std::string_view bytes, UniqueFd fd) {
  Header header{};
  if (bytes.size() < sizeof(header)) return fail(ErrorCode::kCorrupt, "message without a header");
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (header.magic != kMagic) return fail(ErrorCode::kCorrupt, "message of another program");
  return FrontMessage{.type = static_cast<FrontMessageType>(header.type),
                      .body = std::string(bytes.substr(sizeof(header))),
                      .fd = std::move(fd)};
}

}  // namespace

Status send_front_message(int socket, FrontMessageType type, const std::string& body, int fd) {
  Header header{.magic = kMagic, .type = static_cast<std::uint16_t>(type), .reserved = 0};
  std::array<iovec, 2> parts = {iovec{&header, sizeof(header)},
                                iovec{const_cast<char*>(body.data()), body.size()}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  ControlBuffer control{};
  if (fd >= 0) attach_fd(message, control, fd);
  if (body.size() > kMaxFrontMessage) return fail(ErrorCode::kLimit, "message too long");
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) return fail_errno("send to the other program");
  return {};
}

Result<FrontMessage> receive_front_message(int socket) {
  std::string bytes(sizeof(Header) + kMaxFrontMessage, '\0');
  iovec part{bytes.data(), bytes.size()};
  ControlBuffer control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof(control.bytes);
  ssize_t got = 0;
  do {
    got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return fail_errno("receive from the other program");
  UniqueFd fd = take_fd(message);
  if (got == 0) return fail(ErrorCode::kNotFound, "the other program is gone");
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    return fail(ErrorCode::kCorrupt, "message too long");
  }
  return parse_message({bytes.data(), static_cast<std::size_t>(got)}, std::move(fd));
}

}  // namespace scopetrace
