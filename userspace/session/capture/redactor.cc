// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/redactor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

namespace scopetrace {
namespace {

constexpr std::uint32_t kChannelVersion = 1;

// In the child: only async-signal-safe calls.
[[noreturn]] void become(const char* program, int ring, int channel) {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // Copies above the two numbers first, so that neither dup2 below overwrites the other's source.
  const int ring_copy = ::fcntl(ring, F_DUPFD, kRedactChannelFd + 1);
  const int channel_copy = ::fcntl(channel, F_DUPFD, kRedactChannelFd + 1);
  if (ring_copy < 0 || channel_copy < 0) ::_exit(126);
  ::dup2(ring_copy, kRedactRingFd);
  ::dup2(channel_copy, kRedactChannelFd);
  const int null = ::open("/dev/null", O_RDWR);  // it sees plaintext: no way to anybody's terminal
  if (null < 0) ::_exit(126);
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) ::dup2(null, fd);
  ::close_range(kRedactChannelFd + 1, ~0U, 0);
  char* const arguments[] = {const_cast<char*>(program), nullptr};
  char* const environment[] = {nullptr};
  ::execve(program, arguments, environment);
  ::_exit(127);
}

// Whether `fd` becomes readable in time.
bool wait_readable(int fd, std::uint64_t timeout_ms) {
  pollfd polled{fd, POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&polled, 1, static_cast<int>(timeout_ms));
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

}  // namespace

Result<RedactorProcess> RedactorProcess::start(const std::string& program, int ring_fd) {
  ST_ASSIGN_OR_RETURN(auto ends, make_channel());
  RedactorProcess redactor;
  redactor.tgid_ = ::fork();
  if (redactor.tgid_ < 0) return fail_errno("fork");
  if (redactor.tgid_ == 0) become(program.c_str(), ring_fd, ends.second.get());
  redactor.channel_ = std::move(ends.first);
  redactor.death_ = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, redactor.tgid_, 0)));
  if (!redactor.death_) return fail_errno("watch scopetrace-redact");
  ends.second = UniqueFd();  // so that the redactor's death ends the channel
  ST_RETURN_IF_ERROR(redactor.wait_ready());
  return redactor;
}

RedactorProcess::RedactorProcess(RedactorProcess&& other) noexcept
    : tgid_(std::exchange(other.tgid_, -1)),
      channel_(std::move(other.channel_)),
      death_(std::move(other.death_)),
      ready_(other.ready_) {}

RedactorProcess::~RedactorProcess() { kill(); }

Status RedactorProcess::wait_ready() {
  if (!wait_readable(channel_.get(), kRedactReadyMs)) {
    return fail(ErrorCode::kIo, "scopetrace-redact is not ready in time");
  }
  ST_ASSIGN_OR_RETURN(Received<FromRedact> received, receive());
  const auto* ready = received.message ? std::get_if<ReadyMessage>(&*received.message) : nullptr;
  if (ready == nullptr) return fail(ErrorCode::kIo, "scopetrace-redact ended before it was ready");
  if (ready->version != kChannelVersion) {
    return fail(Error(ErrorCode::kIo, "scopetrace-redact is of another version")
                    .with_hint("install scopetrace again"));
  }
  ready_ = *ready;
  return {};
}

void RedactorProcess::kill() {
  if (tgid_ < 0) return;
  ::kill(tgid_, SIGKILL);
  int status = 0;
  while (::waitpid(tgid_, &status, 0) < 0 && errno == EINTR) {
  }
  tgid_ = -1;
}

}  // namespace scopetrace
