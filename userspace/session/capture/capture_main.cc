// SPDX-License-Identifier: Apache-2.0
// The program `scopetrace-capture`: privileged, small, started by `scopetrace` only.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "userspace/session/capture/host_tasks.h"
#include "userspace/session/capture/output_check.h"
#include "userspace/session/capture/own_process.h"
#include "userspace/session/capture/session.h"

namespace scopetrace {
namespace {

Result<Peer> read_peer() {
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  if (::getsockopt(kFrontChannelFd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return fail_errno(ErrorCode::kUsage, "not started by scopetrace");
  }
  return Peer{.tgid = static_cast<std::uint32_t>(credentials.pid), .uid = credentials.uid};
}

Status serve_capture(FrontMessage message, const Peer& peer) {
  ST_RETURN_IF_ERROR(check_privileges(AttachKind::kNone));
  ST_ASSIGN_OR_RETURN(CaptureRequest request, decode_request(message.body));
  ST_RETURN_IF_ERROR(check_output(message.fd));
  ::fcntl(kFrontChannelFd, F_SETFL, O_NONBLOCK);
  return run_session({.request = std::move(request),
                      .peer = peer,
                      .output = std::move(message.fd),
                      .front_fd = kFrontChannelFd});
}

Status serve_command(FrontMessage message, const Peer& peer) {
  ST_ASSIGN_OR_RETURN(HostCall call, decode_call(message.body));
  call.fd = std::move(message.fd);
  ST_ASSIGN_OR_RETURN(const HostAnswer answer, serve_call(std::move(call), peer));
  return send_front_message(kFrontChannelFd, FrontMessageType::kAnswer, encode_answer(answer),
                            answer.fd.get());
}

// What has failed is said after the message was read: a socket closed with unread bytes would lose
// the answer.
Status serve(const Status& left) {
  ST_ASSIGN_OR_RETURN(const Peer peer, read_peer());
  ST_ASSIGN_OR_RETURN(FrontMessage message, receive_front_message(kFrontChannelFd));
  ST_RETURN_IF_ERROR(left);
  if (message.type == FrontMessageType::kRequest) return serve_capture(std::move(message), peer);
  if (message.type == FrontMessageType::kCall) return serve_command(std::move(message), peer);
  return fail(ErrorCode::kCorrupt, "the first message is no request");
}

int run_capture() {
  ::fcntl(kFrontChannelFd, F_SETFD, FD_CLOEXEC);
  const Status done = serve(leave_the_user(kFrontChannelFd));
  if (done) return 0;
  // Nobody may be there to read it; then the exit status has to do.
  send_front_message(kFrontChannelFd, FrontMessageType::kError, encode_error(done.error()));
  return 1;
}

}  // namespace
}  // namespace scopetrace

int main() { return scopetrace::run_capture(); }
