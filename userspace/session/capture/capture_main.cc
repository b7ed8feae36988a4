// SPDX-License-Identifier: Apache-2.0
// The program `scopetrace-capture`: privileged, small, started by `scopetrace` only.
#include <fcntl.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <string>
#include <type_traits>

#include "userspace/session/capture/session.h"

namespace scopetrace {
namespace {

// Where the program is installed set-uid, its user must not be able to stop, trace or dump it; and
// a terminal's Ctrl-C is for the front end to interpret.
Status leave_the_user() {
  ::setsid();  // fails only for a group leader, which is out of the terminal's reach already
  const uid_t owner = ::geteuid();
  if (::setresuid(owner, owner, owner) != 0) return fail_errno("change user");
  ::umask(0077);
  ::signal(SIGPIPE, SIG_IGN);
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return fail_errno("forbid core dumps");
  return {};
}

// What loading programs and reading another user's process take. Root in a container may lack it.
Status check_capabilities() {
  struct Needed {
    cap_value_t value;
    const char* name;
  };
  constexpr Needed kNeeded[] = {
      {CAP_BPF, "CAP_BPF"}, {CAP_PERFMON, "CAP_PERFMON"}, {CAP_SYS_PTRACE, "CAP_SYS_PTRACE"}};
  const std::unique_ptr<std::remove_pointer_t<cap_t>, decltype(&cap_free)> held(cap_get_proc(),
                                                                                &cap_free);
  for (const Needed& needed : kNeeded) {
    cap_flag_value_t flag = CAP_CLEAR;
    if (held) cap_get_flag(held.get(), needed.value, CAP_EFFECTIVE, &flag);
    if (flag == CAP_SET) continue;
    return fail(Error(ErrorCode::kUnsupported, std::string("missing ") + needed.name)
                    .with_hint("run scopetrace as root"));
  }
  return {};
}

Result<Peer> read_peer() {
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  if (::getsockopt(kFrontChannelFd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return fail_errno(ErrorCode::kUsage, "not started by scopetrace");
  }
  return Peer{.tgid = static_cast<std::uint32_t>(credentials.pid), .uid = credentials.uid};
}

// The output must be what the front end says: an empty regular file, opened for writing.
Status check_output(const UniqueFd& output) {
  struct stat facts {};
  if (!output || ::fstat(output.get(), &facts) != 0) {
    return fail(ErrorCode::kUsage, "no output came with the request");
  }
  const int flags = ::fcntl(output.get(), F_GETFL);
  if (!S_ISREG(facts.st_mode) || facts.st_size != 0 || (flags & O_ACCMODE) == O_RDONLY) {
    return fail(ErrorCode::kUsage, "the output is not an empty file that can be written");
  }
  return {};
}

Status serve() {
  ST_ASSIGN_OR_RETURN(const Peer peer, read_peer());
  ST_ASSIGN_OR_RETURN(FrontMessage message, receive_front_message(kFrontChannelFd));
  if (message.type != FrontMessageType::kRequest) {
    return fail(ErrorCode::kCorrupt, "the first message is no request");
  }
  // After the request was read: a socket closed with unread bytes would lose our answer.
  ST_RETURN_IF_ERROR(check_capabilities());
  ST_ASSIGN_OR_RETURN(CaptureRequest request, decode_request(message.body));
  ST_RETURN_IF_ERROR(check_output(message.fd));
  ::fcntl(kFrontChannelFd, F_SETFL, O_NONBLOCK);
  return run_session({.request = std::move(request),
                      .peer = peer,
                      .output = std::move(message.fd),
                      .front_fd = kFrontChannelFd});
}

int run_capture() {
  ::fcntl(kFrontChannelFd, F_SETFD, FD_CLOEXEC);
  Status done = leave_the_user();
  if (done) done = serve();
  if (done) return 0;
  // Nobody may be there to read it; then the exit status has to do.
  send_front_message(kFrontChannelFd, FrontMessageType::kError, encode_error(done.error()));
  return 1;
}

}  // namespace
}  // namespace scopetrace

int main() { return scopetrace::run_capture(); }
