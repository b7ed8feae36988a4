// SPDX-License-Identifier: Apache-2.0
// Runs a command once on one CPU and measures the whole process.
//
// usage: run_measured CPU OUTPUT COMMAND…     standard input is the command's; its output goes to
// OUTPUT prints: seconds, peak resident memory in KiB, exit status exits: 0 measured, 1 the command
// could not be started, 2 bad usage
#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace {

constexpr int kCannotStart = 127;

void run(int cpu, const char* output, char** command) {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET(cpu, &cpus);
  const int fd = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool is_ready = sched_setaffinity(0, sizeof(cpus), &cpus) == 0 && fd >= 0 &&
                        dup2(fd, STDOUT_FILENO) == STDOUT_FILENO;
  if (is_ready) execvp(command[0], command);
  std::perror(command[0]);
  _exit(kCannotStart);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child < 0) return 1;
  if (child == 0) run(std::atoi(argv[1]), argv[2], argv + 3);
  int status = 0;
  rusage usage = {};
  if (wait4(child, &status, 0, &usage) != child) return 1;
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  std::printf("%.4f %ld %d\n", seconds.count(), usage.ru_maxrss, code);
  return code == kCannotStart ? 1 : 0;
}
