// SPDX-License-Identifier: Apache-2.0
#include "cli/subprocess.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "userspace/base/bytes.h"
#include "userspace/base/file.h"
#include "userspace/base/unique_fd.h"

extern char** environ;

namespace scopetrace {
namespace {

constexpr std::size_t kMaxOutputBytes = 1 << 20;

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return fail_errno("pipe");
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Result<pid_t> spawn(const std::vector<std::string>& arguments, const Pipe& in, const Pipe& out) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.read_end.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.write_end.get(), STDOUT_FILENO);
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_t child = 0;
  const int error = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error == 0) return child;
  return fail(Error(error == ENOENT ? ErrorCode::kUnsupported : ErrorCode::kIo,
                    arguments[0] + ": " + std::strerror(error), error));
}

Status wait_for_success(pid_t child, const std::string& name) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return fail_errno("wait for " + name);
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return fail(ErrorCode::kIo, name + " ended with status " + std::to_string(WEXITSTATUS(status)));
}

}  // namespace

Result<std::string> run_program(const std::vector<std::string>& arguments, std::string_view input) {
  ST_ASSIGN_OR_RETURN(Pipe in, make_pipe());
  ST_ASSIGN_OR_RETURN(Pipe out, make_pipe());
  ST_ASSIGN_OR_RETURN(const pid_t child, spawn(arguments, in, out));
  in.read_end = UniqueFd();
  out.write_end = UniqueFd();
  const Status written = write_all(in.write_end.get(), as_bytes(input));  // fits a pipe's 64 KiB
  in.write_end = UniqueFd();
  Result<std::string> output = read_all(out.read_end.get(), kMaxOutputBytes);
  ST_RETURN_IF_ERROR(wait_for_success(child, arguments[0]));
  ST_RETURN_IF_ERROR(written);
  return output;
}

}  // namespace scopetrace
