// SPDX-License-Identifier: Apache-2.0
// What capture costs a Go program, in CPU time of its own thread: Write and Read of crypto/tls
// without probes and with them. The runs of the two alternate; the least one counts. Needs root.
//
// usage: go_tls_cost
#include <fcntl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>

#include "tests/support/child.h"
#include "tests/support/ring_consumer.h"
#include "userspace/base/bytes.h"
#include "userspace/base/clock.h"
#include "userspace/base/file.h"
#include "userspace/probe/probe_set.h"
#include "userspace/resolve/go_sites.h"

namespace {

using namespace scopetrace;
using scopetrace::testing::Child;

constexpr char kProgram[] = SCOPETRACE_TEST_BIN "/scopetrace-go-target";
constexpr int kRepetitions = 5;
constexpr std::size_t kMaxProgramBytes = 64 << 20;

ProbeConfig config_for(pid_t tgid) {
  ProbeConfig config;
  config.tgid = static_cast<std::uint32_t>(tgid);
  config.deadline_ns = boottime_ns() + 60 * kNanosecondsPerSecond;
  config.max_cpu_percent = 100;
  config.max_events_per_second = 10'000'000;
  config.inbound = true;
  return config;
}

// CPU time of one call, in nanoseconds, as the target of the scenario `cost` measures it.
std::uint64_t measure_call(Child& target, const std::string& call) {
  constexpr std::string_view kDone = "done ";
  target.write_line(call);
  const auto line = target.read_line();
  ST_CHECK(line && line->starts_with(kDone));
  return parse_decimal(line->substr(kDone.size())).value_or(0);
}

std::uint64_t measure_traced(Child& target, const std::string& call) {
  auto probes = ProbeSet::load(config_for(target.tgid()));
  ST_CHECK(probes.has_value() && probes->attach_kernel_probes().has_value());
  const auto image = read_file(kProgram, kMaxProgramBytes);
  const auto file = open_file(kProgram, O_RDONLY);
  ST_CHECK(image.has_value() && file.has_value());
  const GoSites picked = pick_go_sites(as_bytes(*image));
  ST_CHECK(probes->attach_sites(file->get(), picked.sites, {}).has_value());
  ST_CHECK(probes->resume().has_value());
  std::atomic<bool> is_over = false;
  std::thread drain([&] {  // every millisecond, as a session does
    testing::RingConsumer ring(probes->payload_ring_fd(), probes->payload_ring_bytes());
    while (!is_over) {
      ring.drain([](Bytes) {});
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  const std::uint64_t spent_ns = measure_call(target, call);
  is_over = true;
  drain.join();
  return spent_ns;
}

void print_call(Child& target, const std::string& call) {
  std::uint64_t plain_ns = ~0ULL;
  std::uint64_t traced_ns = ~0ULL;
  for (int repetition = 0; repetition < kRepetitions; ++repetition) {
    plain_ns = std::min(plain_ns, measure_call(target, call));
    traced_ns = std::min(traced_ns, measure_traced(target, call));
  }
  std::printf("%-12s none %7lu ns   traced %+7ld ns\n", call.c_str(), plain_ns,
              static_cast<long>(traced_ns - plain_ns));
  std::fflush(stdout);
}

}  // namespace

int main() {
  Child target({kProgram, "cost"});
  ST_CHECK(target.wait_for_line("ready"));
  const std::array<std::string, 4> calls{"write 16384", "write 100", "read 16384", "read 100"};
  for (const std::string& call : calls) print_call(target, call);
  return 0;
}
