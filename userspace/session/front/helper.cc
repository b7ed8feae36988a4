// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/front/helper.h"

#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <vector>

#include "userspace/session/front/front_channel.h"

namespace scopetrace {
namespace {

// In the child: only async-signal-safe calls.
[[noreturn]] void become(const char* program, int channel) {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // A copy first: the channel may itself be number 3, and dup2 onto itself keeps close-on-exec.
  const int copy = ::fcntl(channel, F_DUPFD, kFrontChannelFd + 1);
  const int empty = ::open("/dev/null", O_RDWR);
  if (copy < 0 || empty < 0) ::_exit(126);
  ::dup2(copy, kFrontChannelFd);
  ::dup2(empty, STDIN_FILENO);
  ::dup2(empty, STDOUT_FILENO);
  ::close_range(kFrontChannelFd + 1, ~0U, 0);
  char* const arguments[] = {const_cast<char*>(program), nullptr};
  char* const environment[] = {nullptr};
  ::execve(program, arguments, environment);
  ::_exit(127);
}

std::string own_folder() {
  std::array<char, PATH_MAX> path{};
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size() - 1);
  if (size <= 0) return ".";
  const std::string text(path.data(), static_cast<std::size_t>(size));
  return text.substr(0, text.rfind('/'));
}

tl::unexpected<Error> not_a_member(const std::string& path) {
  return fail(Error(ErrorCode::kUnsupported,
                    "this user may not start " + path + ": not a member of the group scopetrace")
                  .with_hint("as root: usermod -aG scopetrace USER; then log in again"));
}

}  // namespace

std::string Helper::wait() {
  if (tgid < 0) return "gone";
  int status = 0;
  while (::waitpid(tgid, &status, 0) < 0 && errno == EINTR) {
  }
  tgid = -1;
  if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
  return "exit status " + std::to_string(WEXITSTATUS(status));
}

Result<Helper> start_helper(const std::string& program) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return fail_errno("socket pair");
  }
  Helper helper;
  helper.channel = UniqueFd(ends[0]);
  const UniqueFd theirs(ends[1]);
  helper.tgid = ::fork();
  if (helper.tgid < 0) return fail_errno("fork");
  if (helper.tgid == 0) become(program.c_str(), theirs.get());
  return helper;
}

Result<std::string> find_helper(const std::string& name) {
  const std::string libexec = SCOPETRACE_LIBEXEC;
  std::vector<std::string> folders = {libexec, libexec + "/private"};
  // A set-uid program may have been hard-linked into a folder of its caller.
  if (::getauxval(AT_SECURE) == 0) folders.insert(folders.begin(), own_folder());
  for (const std::string& folder : folders) {
    const std::string path = folder + "/" + name;
    if (::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) == 0) return path;
    if (errno == EACCES) return not_a_member(path);
  }
  return fail(Error(ErrorCode::kNotFound, name + " is not installed beside scopetrace")
                  .with_hint("install scopetrace again, or build the target " + name));
}

}  // namespace scopetrace
