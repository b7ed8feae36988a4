// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/channel_io.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "userspace/base/file.h"

namespace scopetrace {
namespace {

constexpr int kAllSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
constexpr std::size_t kMaxAncillaryFds = 4;  // room to receive, so that surplus ones are closed

// Space for the control message of one or a few descriptors.
template <std::size_t N>
union ControlBuffer {
  cmsghdr align;
  std::array<char, CMSG_SPACE(sizeof(int) * N)> bytes;
};

void attach_fd(msghdr& message, ControlBuffer<1>& control, int fd) {
  control.bytes.fill(0);
  message.msg_control = control.bytes.data();
  message.msg_controllen = control.bytes.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &fd, sizeof(fd));
}

Status send_encoded(int socket_fd, const EncodedMessage& encoded) {
  iovec part{const_cast<std::byte*>(encoded.bytes.data()), encoded.bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  ControlBuffer<1> control;
  if (encoded.fd >= 0) attach_fd(message, control, encoded.fd);

  ssize_t sent = -1;
  do {
    sent = ::sendmsg(socket_fd, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) return fail_errno("send channel message");
  return {};
}

// Takes ownership of every descriptor that came along.
std::vector<UniqueFd> take_fds(msghdr& message) {
  std::vector<UniqueFd> fds;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(fd));
      fds.emplace_back(fd);
    }
  }
  return fds;
}

// One datagram as it came.
struct Datagram {
  ReceiveState state = ReceiveState::kNothing;
  ByteVector bytes;
  UniqueFd fd;
};

Result<Datagram> receive_datagram(int socket_fd) {
  Datagram datagram;
  datagram.bytes.resize(kMaxChannelDatagram);
  iovec part{datagram.bytes.data(), datagram.bytes.size()};
  ControlBuffer<kMaxAncillaryFds> control;
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes.data();
  message.msg_controllen = control.bytes.size();

  ssize_t size = -1;
  do {
    size = ::recvmsg(socket_fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  if (size < 0 && errno == EAGAIN) return datagram;
  if (size < 0 && errno != ECONNRESET) return fail_errno("receive channel message");

  std::vector<UniqueFd> fds;
  if (size >= 0) fds = take_fds(message);
  datagram.state = size <= 0 ? ReceiveState::kClosed : ReceiveState::kMessage;
  if (fds.size() > 1 || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    return fail(ErrorCode::kCorrupt, "channel: datagram too long or too many descriptors");
  }
  datagram.bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  if (!fds.empty()) datagram.fd = std::move(fds.front());
  return datagram;
}

template <class Message, class Decode>
Result<Received<Message>> receive(int socket_fd, Decode decode) {
  ST_ASSIGN_OR_RETURN(Datagram datagram, receive_datagram(socket_fd));
  Received<Message> received;
  received.state = datagram.state;
  if (datagram.state != ReceiveState::kMessage) return received;
  ST_ASSIGN_OR_RETURN(received.message, decode(datagram.bytes, std::move(datagram.fd)));
  return received;
}

}  // namespace

Result<std::pair<UniqueFd, UniqueFd>> make_channel() {
  int fds[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0) {
    return fail_errno("make channel");
  }
  return std::pair(UniqueFd(fds[0]), UniqueFd(fds[1]));
}

Status send_message(int socket_fd, const ToRedact& message) {
  ST_ASSIGN_OR_RETURN(const EncodedMessage encoded, encode(message));
  return send_encoded(socket_fd, encoded);
}

Status send_message(int socket_fd, const FromRedact& message) {
  ST_ASSIGN_OR_RETURN(const EncodedMessage encoded, encode(message));
  return send_encoded(socket_fd, encoded);
}

Result<Received<FromRedact>> receive_from_redact(int socket_fd) {
  return receive<FromRedact>(socket_fd, decode_from_redact);
}

Result<Received<ToRedact>> receive_to_redact(int socket_fd) {
  return receive<ToRedact>(socket_fd, decode_to_redact);
}

Result<UniqueFd> make_sealed_memfd(const char* name, std::span<const Bytes> parts) {
  UniqueFd fd(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return fail_errno("create memory file");
  for (const Bytes part : parts) ST_RETURN_IF_ERROR(write_all(fd.get(), part));
  if (::fcntl(fd.get(), F_ADD_SEALS, kAllSeals) != 0) return fail_errno("seal memory file");
  return fd;
}

Result<ByteVector> read_sealed_memfd(int fd, std::size_t size_bytes) {
  // Only memory files have seals: this also refuses pipes, devices and files of a filesystem.
  const int seals = ::fcntl(fd, F_GET_SEALS);
  if (seals < 0 || (seals & kAllSeals) != kAllSeals) {
    return fail(ErrorCode::kCorrupt, "channel: descriptor is no sealed memory file");
  }
  struct stat status {};
  if (::fstat(fd, &status) != 0) return fail_errno("stat memory file");
  if (static_cast<std::uint64_t>(status.st_size) != size_bytes) {
    return fail(ErrorCode::kCorrupt, "channel: memory file has another size than stated");
  }
  ByteVector bytes(size_bytes);
  for (std::size_t done = 0; done < size_bytes;) {
    const ssize_t size =
        ::pread(fd, bytes.data() + done, size_bytes - done, static_cast<off_t>(done));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail_errno("read memory file");
    if (size == 0) return fail(ErrorCode::kCorrupt, "channel: memory file is short");
    done += static_cast<std::size_t>(size);
  }
  return bytes;
}

Result<FrameMessage> make_frame_message(const DataFrame& frame, const ClaimedCounters& claimed) {
  const Bytes leaves(reinterpret_cast<const std::byte*>(frame.leaves.data()),
                     frame.leaves.size() * sizeof(Digest));
  const std::array<Bytes, 2> parts{Bytes(frame.compressed), leaves};
  ST_ASSIGN_OR_RETURN(UniqueFd fd, make_sealed_memfd("frame", parts));
  FrameMessage message;
  message.fd = std::move(fd);
  message.compressed_bytes = static_cast<std::uint32_t>(frame.compressed.size());
  message.raw_bytes = frame.raw_bytes;
  message.line_count = static_cast<std::uint32_t>(frame.leaves.size());
  message.claimed = claimed;
  return message;
}

Result<DataFrame> read_frame(const FrameMessage& message) {
  const std::size_t leaf_bytes = std::size_t{message.line_count} * sizeof(Digest);
  ST_ASSIGN_OR_RETURN(ByteVector bytes,
                      read_sealed_memfd(message.fd.get(), message.compressed_bytes + leaf_bytes));
  DataFrame frame;
  frame.raw_bytes = message.raw_bytes;
  frame.leaves.resize(message.line_count);
  std::memcpy(frame.leaves.data(), bytes.data() + message.compressed_bytes, leaf_bytes);
  bytes.resize(message.compressed_bytes);
  frame.compressed = std::move(bytes);
  return frame;
}

}  // namespace scopetrace
