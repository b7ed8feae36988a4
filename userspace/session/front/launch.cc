// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/front/launch.h"

#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "userspace/base/unique_fd.h"

namespace scopetrace {
namespace {

// In the child: only async-signal-safe calls. `report` takes the errno of a failed exec.
[[noreturn]] void become(char* const* words, int report) {
  ::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0) ::execvp(words[0], words);
  const int reason = errno;
  const ssize_t written = ::write(report, &reason, sizeof(reason));
  ::_exit(written == sizeof(reason) ? 127 : 126);
}

Result<int> wait_for(pid_t tgid) {
  int status = 0;
  while (::waitpid(tgid, &status, 0) < 0) {
    if (errno != EINTR) return fail_errno("wait for the command");
  }
  return status;
}

// The errno that the child reported, or 0 when its exec went through.
int read_report(int fd) {
  int reason = 0;
  ssize_t got = 0;
  do {
    got = ::read(fd, &reason, sizeof(reason));
  } while (got < 0 && errno == EINTR);
  return got == sizeof(reason) ? reason : 0;
}

}  // namespace

Result<HeldCommand> HeldCommand::start(const std::vector<std::string>& words) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("pipe");
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);

  const pid_t tgid = ::fork();
  if (tgid < 0) return fail_errno("fork");
  if (tgid == 0) become(arguments.data(), writer.get());
  writer = UniqueFd();
  ST_ASSIGN_OR_RETURN(const int status, wait_for(tgid));
  if (!WIFSTOPPED(status)) {
    errno = read_report(reader.get());
    return fail_errno("run " + words[0]);
  }
  HeldCommand command(tgid);
  if (::ptrace(PTRACE_SETOPTIONS, tgid, nullptr, PTRACE_O_EXITKILL) != 0) {
    return fail_errno("hold " + words[0]);
  }
  return command;
}

HeldCommand::HeldCommand(HeldCommand&& other) noexcept
    : tgid_(std::exchange(other.tgid_, -1)), is_held_(other.is_held_) {}

HeldCommand::~HeldCommand() {
  if (tgid_ < 0 || !is_held_) return;
  ::kill(tgid_, SIGKILL);
  int status = 0;
  ::waitpid(tgid_, &status, 0);
}

Status HeldCommand::release() {
  if (::ptrace(PTRACE_DETACH, tgid_, nullptr, nullptr) != 0)
    return fail_errno("let the command run");
  is_held_ = false;
  return {};
}

Result<int> HeldCommand::wait() {
  Result<int> status = wait_for(tgid_);
  tgid_ = -1;
  return status;
}

}  // namespace scopetrace
