// SPDX-License-Identifier: Apache-2.0
#include "cli/pager.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "userspace/base/pipe.h"

extern char** environ;

namespace scopetrace {
namespace {

constexpr int kNotStarted = 127;  // what a shell says of a program that is not there

// F: not for one screen; R: colour, no other sequence; X: what was seen stays on the screen.
constexpr const char* kDefaultPager = "command -v less >/dev/null && exec less -FRX || exec cat";

// The command line for the shell; empty: none.
std::string pager_command() {
  const char* chosen = std::getenv("PAGER");
  if (chosen == nullptr) return kDefaultPager;
  return std::string_view(chosen) == "cat" ? "" : chosen;
}

// The own environment; less gets options that show colours, unless the person has chosen some.
std::vector<std::string> pager_environment() {
  std::vector<std::string> environment = {"LESSSECURE=1"};
  if (std::getenv("LESS") == nullptr) environment.emplace_back("LESS=FRX");
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!std::string_view(*entry).starts_with("LESSSECURE=")) environment.emplace_back(*entry);
  }
  return environment;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  list.reserve(texts.size() + 1);
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

// Signals that this program ignores are the pager's again.
Result<pid_t> spawn_shell(const std::string& command, int input) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  sigaddset(&defaults, SIGINT);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  std::vector<std::string> arguments = {"sh", "-c", command};
  std::vector<std::string> environment = pager_environment();
  pid_t child = -1;
  const int error = posix_spawn(&child, "/bin/sh", &actions, &attributes,
                                pointers(arguments).data(), pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error == 0) return child;
  return fail(Error(ErrorCode::kUnsupported, std::string("pager: ") + std::strerror(error), error));
}

}  // namespace

Result<Pager> Pager::open(bool is_wanted) {
  Pager pager;
  const std::string command = pager_command();
  if (!is_wanted || command.empty() || ::isatty(STDOUT_FILENO) != 1) return pager;
  ST_ASSIGN_OR_RETURN(const Pipe pipe, make_pipe());
  ST_ASSIGN_OR_RETURN(pager.child_, spawn_shell(command, pipe.reader.get()));
  std::signal(SIGINT, SIG_IGN);  // Ctrl-C is the pager's to understand
  const int fd = ::fcntl(pipe.writer.get(), F_DUPFD_CLOEXEC, 3);
  pager.file_ = fd < 0 ? nullptr : ::fdopen(fd, "w");
  if (pager.file_ == nullptr) return fail_errno("pager");
  return pager;
}

Pager::Pager(Pager&& other) noexcept
    : file_(std::exchange(other.file_, nullptr)), child_(std::exchange(other.child_, -1)) {}

Pager::~Pager() { static_cast<void>(finish()); }

Status Pager::finish() {
  if (file_ != nullptr) std::fclose(std::exchange(file_, nullptr));
  if (child_ < 0) return {};
  int status = 0;
  const pid_t child = std::exchange(child_, -1);
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return fail_errno("wait for the pager");
  }
  std::signal(SIGINT, SIG_DFL);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != kNotStarted) return {};
  return fail(Error(ErrorCode::kUnsupported, "the pager of PAGER could not be started")
                  .with_hint("unset PAGER, or PAGER=cat"));
}

}  // namespace scopetrace
