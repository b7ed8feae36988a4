// SPDX-License-Identifier: Apache-2.0
#include "userspace/resolve/lookups.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/openat2.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "userspace/base/file.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxPathBytes = 4096;  // PATH_MAX
constexpr std::size_t kMaxMessageBytes = 256;

// What the looking process answers; it is this program, so it is believed.
struct Reply {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int32_t system_errno = 0;
  ErrorCode code = ErrorCode::kIo;
  bool is_ok = false;
  std::uint32_t range_count = 0;
  std::array<FileRange, kMaxProgramHeaders> ranges{};
  std::array<char, kMaxMessageBytes> message{};
};

Result<UniqueFd> open_below(int root_fd, const std::string& path) {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const UniqueFd found(
      static_cast<int>(::syscall(SYS_openat2, root_fd, path.c_str(), &how, sizeof(how))));
  if (!found) return fail_errno(ErrorCode::kNotFound, "open in the target's root");
  struct stat status {};
  if (::fstat(found.get(), &status) != 0) return fail_errno("stat in the target's root");
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::kCorrupt, "not a regular file");
  return open_file("/proc/self/fd/" + std::to_string(found.get()),
                   O_RDONLY | O_NONBLOCK | O_NOCTTY);
}

// The inside of the looking process.
class Looker {
 public:
  explicit Looker(std::string proc_folder)
      : proc_(std::move(proc_folder)), root_(::open((proc_ + "/root").c_str(), kRootFlags)) {}

  Reply look(char what, const std::string& path) {
    Reply reply;
    const Status done = fill(reply, what, path);
    reply.is_ok = done.has_value();
    if (done) return reply;
    reply.code = done.error().code();
    reply.system_errno = done.error().system_errno();
    done.error().message().copy(reply.message.data(), reply.message.size() - 1);
    return reply;
  }
  int fd() const { return fd_.get(); }

 private:
  static constexpr int kRootFlags = O_PATH | O_DIRECTORY | O_CLOEXEC;

  Status fill(Reply& reply, char what, const std::string& path) {
    if (what == 'c') return fill_ranges(reply);
    fd_ = UniqueFd();
    struct stat status {};
    if (what == 'i') {
      if (::stat((proc_ + path).c_str(), &status) != 0) return fail_errno("stat");
    } else {
      ST_ASSIGN_OR_RETURN(fd_, what == 'o' ? open_file(proc_ + path, O_RDONLY | O_NONBLOCK)
                                           : open_below(root_.get(), path));
      if (::fstat(fd_.get(), &status) != 0) return fail_errno("stat library");
    }
    reply.device = status.st_dev;
    reply.inode = status.st_ino;
    return {};
  }

  Status fill_ranges(Reply& reply) {
    ST_ASSIGN_OR_RETURN(const std::vector<FileRange> ranges, read_code_ranges(fd_.get()));
    reply.range_count = static_cast<std::uint32_t>(std::min(ranges.size(), reply.ranges.size()));
    std::copy_n(ranges.begin(), reply.range_count, reply.ranges.begin());
    return {};
  }

  std::string proc_;
  UniqueFd root_;
  UniqueFd fd_;  // opened last
};

// A message of one part and at most one descriptor.
struct Packet {
  iovec part{};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr header{};

  Packet(void* data, std::size_t size_bytes) : part{data, size_bytes} {
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
  }
  Packet(const Packet&) = delete;
  Packet& operator=(const Packet&) = delete;
};

bool send_reply(int socket_fd, Reply& reply, int fd) {
  Packet packet(&reply, sizeof(reply));
  if (fd < 0) packet.header.msg_controllen = 0;
  if (fd >= 0) {
    cmsghdr* const rights = CMSG_FIRSTHDR(&packet.header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(fd));
    std::memcpy(CMSG_DATA(rights), &fd, sizeof(fd));
  }
  return ::sendmsg(socket_fd, &packet.header, MSG_NOSIGNAL) == sizeof(reply);
}

UniqueFd descriptor_of(msghdr& header) {
  const cmsghdr* const rights = CMSG_FIRSTHDR(&header);
  if (rights == nullptr || rights->cmsg_type != SCM_RIGHTS) return {};
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(rights), sizeof(fd));
  return UniqueFd(fd);
}

// Looks at what it is asked for until nobody asks any more. Whatever this process held open, such
// as attached probes, must not live on in one that hangs.
[[noreturn]] void serve(int socket_fd, const std::string& proc_folder) {
  const auto socket = static_cast<unsigned>(socket_fd);
  if (socket > 0) ::syscall(SYS_close_range, 0U, socket - 1, 0U);
  ::syscall(SYS_close_range, socket + 1, ~0U, 0U);
  Looker looker(proc_folder);
  std::array<char, 1 + kMaxPathBytes> question;
  for (;;) {
    const ssize_t size = ::recv(socket_fd, question.data(), question.size(), 0);
    if (size <= 0) ::_exit(0);
    const char what = question[0];
    Reply reply = looker.look(what, std::string(&question[1], static_cast<std::size_t>(size) - 1));
    const bool has_file = reply.is_ok && (what == 'o' || what == 'r');
    if (!send_reply(socket_fd, reply, has_file ? looker.fd() : -1)) ::_exit(1);
  }
}

std::string within(std::chrono::milliseconds limit) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limit).count();
  return "within " + std::to_string(seconds) + " s";
}

}  // namespace

struct Lookups::Answer {
  Reply reply;
  UniqueFd fd;
};

Lookups::Lookups(std::string proc_folder, LookupLimits limits)
    : proc_(std::move(proc_folder)), limits_(limits) {}

Result<FileIdentity> Lookups::identify_own(const std::string& path) {
  ST_ASSIGN_OR_RETURN(const Answer answer, ask('i', path));
  return FileIdentity(answer.reply.device, answer.reply.inode);
}

Result<LookedFile> Lookups::look_for_file(char what, const std::string& path) {
  ST_ASSIGN_OR_RETURN(Answer answer, ask(what, path));
  if (!answer.fd) return fail(ErrorCode::kIo, "no descriptor came with a looked up file");
  return LookedFile{std::move(answer.fd), {answer.reply.device, answer.reply.inode}};
}

Result<std::vector<FileRange>> Lookups::code_of_last() {
  ST_ASSIGN_OR_RETURN(const Answer answer, ask('c', ""));
  const auto* const begin = answer.reply.ranges.begin();
  return std::vector<FileRange>(begin, begin + answer.reply.range_count);
}

Result<Lookups::Answer> Lookups::ask(char what, const std::string& path) {
  if (path.size() > kMaxPathBytes) return fail(ErrorCode::kCorrupt, "path is too long");
  if (lost_ >= limits_.whole) {
    return fail(ErrorCode::kLimit,
                "was not looked at: other files did not answer " + within(limits_.whole));
  }
  if (!socket_) ST_RETURN_IF_ERROR(start());
  const std::string question = what + path;
  Answer answer;
  Packet packet(&answer.reply, sizeof(answer.reply));
  const bool is_sent = ::send(socket_.get(), question.data(), question.size(), MSG_NOSIGNAL) > 0;
  if (is_sent && !wait_for_answer(socket_.get(), static_cast<std::uint64_t>(limits_.each.count())))
    return fail(give_up());
  const ssize_t size = ::recvmsg(socket_.get(), &packet.header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (size != sizeof(answer.reply)) {
    socket_ = UniqueFd();
    return fail(ErrorCode::kIo, "the process that looks at files has ended");
  }
  answer.fd = descriptor_of(packet.header);
  const Reply& reply = answer.reply;
  if (!reply.is_ok) return fail(Error(reply.code, reply.message.data(), reply.system_errno));
  return answer;
}

Status Lookups::start() {
  ST_RETURN_IF_ERROR(check_lingering());
  std::array<int, 2> pair{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0) {
    return fail_errno("make socket for looks at files");
  }
  UniqueFd ours(pair[0]);
  const UniqueFd theirs(pair[1]);
  const pid_t process = ::fork();
  if (process == 0) serve(theirs.get(), proc_);
  if (process < 0) return fail_errno("start a process that looks at files");
  process_ = ChildProcess(process);
  socket_ = std::move(ours);
  return {};
}

Error Lookups::give_up() {
  lost_ += limits_.each;
  socket_ = UniqueFd();
  process_ = ChildProcess();
  return {ErrorCode::kLimit, "could not be looked at " + within(limits_.each)};
}

}  // namespace scopetrace
