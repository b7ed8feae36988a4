// SPDX-License-Identifier: Apache-2.0
#include "tests/support/child.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>

#include "userspace/base/result.h"

namespace scopetrace::testing {
namespace {

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  ST_CHECK(::pipe2(ends.data(), O_CLOEXEC) == 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// In the child: never returns.
[[noreturn]] void become(const std::vector<std::string>& argv, int input, int output) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that dies leaves nothing behind
  ::dup2(input, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  std::vector<char*> arguments;
  for (const std::string& word : argv) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

int exit_status(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Child::Child(const std::vector<std::string>& argv) {
  Pipe in = make_pipe();
  Pipe out = make_pipe();
  tgid_ = ::fork();
  ST_CHECK(tgid_ >= 0);
  if (tgid_ == 0) become(argv, in.read.get(), out.write.get());
  input_ = std::move(in.write);
  output_fd_ = std::move(out.read);
}

Child::~Child() {
  if (has_ended_) return;
  ::kill(tgid_, SIGKILL);
  ::waitpid(tgid_, nullptr, 0);
}

void Child::write_line(const std::string& line) {
  const std::string text = line + "\n";
  ST_CHECK(::write(input_.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

// Appends what is there; false at the end of the output or of patience.
bool Child::read_more(std::chrono::steady_clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - std::chrono::steady_clock::now());
  pollfd ready{.fd = output_fd_.get(), .events = POLLIN, .revents = 0};
  if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0) return false;
  std::array<char, 4096> buffer{};
  const ssize_t size = ::read(output_fd_.get(), buffer.data(), buffer.size());
  if (size > 0) output_.append(buffer.data(), static_cast<std::size_t>(size));
  return size > 0;
}

std::optional<std::string> Child::read_line() {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (true) {
    const std::size_t end = output_.find('\n', read_bytes_);
    if (end != std::string::npos) {
      std::string line = output_.substr(read_bytes_, end - read_bytes_);
      read_bytes_ = end + 1;
      return line;
    }
    if (!read_more(deadline)) return std::nullopt;
  }
}

bool Child::wait_for_line(const std::string& text) {
  while (const auto line = read_line()) {
    if (line->find(text) != std::string::npos) return true;
  }
  return false;
}

void Child::send_signal(int signal) const { ::kill(tgid_, signal); }

int Child::wait() {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (read_more(deadline)) {
  }
  int status = 0;
  if (std::chrono::steady_clock::now() >= deadline || ::waitpid(tgid_, &status, 0) != tgid_)
    return -1;
  has_ended_ = true;
  return exit_status(status);
}

Finished run_program(const std::vector<std::string>& argv) {
  Child child(argv);
  child.close_input();
  const int status = child.wait();
  return {status, child.output()};
}

std::vector<pid_t> children_of(pid_t tgid) {
  const std::string id = std::to_string(tgid);
  std::ifstream file("/proc/" + id + "/task/" + id + "/children");
  std::vector<pid_t> children;
  for (pid_t child = 0; file >> child;) children.push_back(child);
  return children;
}

pid_t child_called(pid_t tgid, const std::string& name) {
  for (const pid_t child : children_of(tgid)) {
    std::ifstream file("/proc/" + std::to_string(child) + "/comm");
    std::string comm;
    if (std::getline(file, comm) && comm == name) return child;
  }
  return -1;
}

std::uint64_t peak_memory_of(pid_t tgid) {
  std::ifstream file("/proc/" + std::to_string(tgid) + "/status");
  for (std::string word; file >> word;) {
    std::uint64_t kib = 0;
    if (word == "VmHWM:" && file >> kib) return kib * 1024;
  }
  return 0;
}

}  // namespace scopetrace::testing
