// SPDX-License-Identifier: Apache-2.0
// A program that a test runs and talks to. Every wait has a limit, so that a test fails instead of
// hanging.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "userspace/base/unique_fd.h"

namespace scopetrace::testing {

inline constexpr std::chrono::seconds kPatience{20};

// One child process; standard output and error arrive together. Killed on destruction when it has
// not ended by then.
class Child {
 public:
  // argv[0] is looked up in PATH. Aborts when the program cannot be started.
  explicit Child(const std::vector<std::string>& argv);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t tgid() const { return tgid_; }
  void write_line(const std::string& line);
  void close_input() { input_ = UniqueFd(); }
  // The next line of output without its end; nothing at its end or when patience runs out.
  std::optional<std::string> read_line();
  // Reads on until a line holds this text; false when there is none.
  bool wait_for_line(const std::string& text);
  void send_signal(int signal) const;
  // The rest of the output, then the exit status (128 + signal when killed); -1 when it does not
  // end.
  int wait();
  // Everything read so far.
  const std::string& output() const { return output_; }

 private:
  bool read_more(std::chrono::steady_clock::time_point deadline);

  pid_t tgid_ = -1;
  bool has_ended_ = false;
  UniqueFd input_;
  UniqueFd output_fd_;
  std::string output_;
  std::size_t read_bytes_ = 0;  // of output_, by read_line()
};

// Runs a program to its end: exit status and output.
struct Finished {
  int status = -1;
  std::string output;
};
Finished run_program(const std::vector<std::string>& argv);

// The process ids of the children of a process, oldest first. Source: proc_pid_task(5).
std::vector<pid_t> children_of(pid_t tgid);

// The child of that name, as /proc/PID/comm cuts it; -1 without one.
pid_t child_called(pid_t tgid, const std::string& name);

// The most memory that a process ever had resident, in bytes; 0 when it has gone. Source: proc(5).
std::uint64_t peak_memory_of(pid_t tgid);

}  // namespace scopetrace::testing
