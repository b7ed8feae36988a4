// SPDX-License-Identifier: Apache-2.0
// What the end of system calls costs, in CPU time of the calling thread: getppid, and one byte
// through a pipe, without probes, while another process is traced, and in the traced process of
// whose calls none is told; the same while a control group is traced. The rounds alternate; the
// least one counts. Needs root and cgroup v2.
//
// usage: syscall_cost
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <utility>

#include "tests/support/group_folder.h"
#include "userspace/base/clock.h"
#include "userspace/probe/probe_set.h"

namespace {

using namespace scopetrace;

constexpr int kRounds = 6;
constexpr int kCalls = 200'000;

double thread_cpu_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

double time_getppid() {
  const double start = thread_cpu_ns();
  for (int call = 0; call < kCalls; ++call) ::getppid();
  return (thread_cpu_ns() - start) / kCalls;
}

// A write and a read each.
double time_pipe() {
  std::array<int, 2> fds{};
  ST_CHECK(::pipe(fds.data()) == 0);
  char byte = 'x';
  const double start = thread_cpu_ns();
  for (int call = 0; call < kCalls; call += 2) {
    ST_CHECK(::write(fds[1], &byte, 1) == 1 && ::read(fds[0], &byte, 1) == 1);
  }
  const double spent = thread_cpu_ns() - start;
  for (const int fd : fds) ::close(fd);
  return spent / kCalls;
}

// A process that does nothing, to be traced in place of this one.
class Sleeper {
 public:
  Sleeper() : tgid_(::fork()) {
    if (tgid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) ::pause();
  }
  ~Sleeper() {
    ::kill(tgid_, SIGKILL);
    ::waitpid(tgid_, nullptr, 0);
  }
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;
  pid_t tgid() const { return tgid_; }

 private:
  pid_t tgid_;
};

// Attached as for `--capture logs,files`: neither getppid nor a pipe is told.
ProbeSet attach(ProbeConfig config) {
  config.deadline_ns = boottime_ns() + 600 * kNanosecondsPerSecond;
  config.max_cpu_percent = 100;
  config.max_events_per_second = 10'000'000;
  config.tls = config.sockets = config.process = false;
  config.logs = true;
  config.calls = ST_CALLS_FILES;
  auto probes = ProbeSet::load(config);
  ST_CHECK(probes.has_value() && probes->attach_kernel_probes().has_value());
  ST_CHECK(probes->resume().has_value());
  return *std::move(probes);
}

ProbeConfig process(pid_t tgid) {
  ProbeConfig config;
  config.tgid = static_cast<std::uint32_t>(tgid);
  return config;
}

// A group by its programs, of which this one is approved: each call looks at group and file.
ProbeSet attach_group(const testing::GroupFolder& group) {
  ProbeConfig config;
  config.group = GroupScope{group.id(), group.path(), false};
  ProbeSet probes = attach(std::move(config));
  const auto self = read_identity(static_cast<std::uint32_t>(::getpid()));
  ST_CHECK(self.has_value() && probes.allow_program(self->program).has_value());
  return probes;
}

struct Costs {
  double getppid_ns = 1e18;
  double pipe_ns = 1e18;

  void measure() {
    getppid_ns = std::min(getppid_ns, time_getppid());
    pipe_ns = std::min(pipe_ns, time_pipe());
  }
};

}  // namespace

int main() {
  const Sleeper other;
  const testing::GroupFolder group("traced");
  const testing::GroupFolder beside("beside");
  Costs none, bystander, traced, beside_group, below_beside, member;
  for (int round = 0; round < kRounds; ++round) {
    none.measure();
    for (const auto& [costs, tgid] :
         {std::pair(&bystander, other.tgid()), std::pair(&traced, ::getpid())}) {
      const ProbeSet probes = attach(process(tgid));
      costs->measure();
    }
    const ProbeSet probes = attach_group(group);
    beside.add(::getpid());
    beside_group.measure();
    beside.add(::getpid(), "/below");
    below_beside.measure();
    group.add(::getpid());
    member.measure();
    group.take_out(::getpid());
  }
  std::printf("%-34s %10s %10s\n", "ns a call", "getppid", "pipe");
  std::printf("%-34s %10.0f %10.0f\n", "no probes", none.getppid_ns, none.pipe_ns);
  const auto print_added = [&](const char* name, const Costs& costs) {
    std::printf("%-34s %+10.0f %+10.0f\n", name, costs.getppid_ns - none.getppid_ns,
                costs.pipe_ns - none.pipe_ns);
  };
  print_added("added while another one is traced", bystander);
  print_added("added while it is traced", traced);
  print_added("added beside a traced group", beside_group);
  print_added("added in a group below that", below_beside);
  print_added("added in the traced group", member);
}
