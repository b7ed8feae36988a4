// SPDX-License-Identifier: Apache-2.0
// What capture costs the target: SSL_write and SSL_read with and without probes, paired and
// self-timed in the target, and how long attach and detach take. Prints a table. Needs root.
//
// usage: tls_cost
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/tls_peer.h"
#include "userspace/base/clock.h"
#include "userspace/base/file.h"
#include "userspace/probe/identity.h"
#include "userspace/probe/probe_set.h"

namespace {

using namespace scopetrace;

constexpr int kRuns = 15;
constexpr int kCallsPerRun = 100;  // all of 16 KiB calls fit the ring: drops would be cheaper

struct Times {
  double write_ns = 0;  // per call, median of the runs
  double attach_ms = 0;
  double detach_ms = 0;
};

double milliseconds_since(std::uint64_t start_ns) {
  return static_cast<double>(boottime_ns() - start_ns) / 1e6;
}

std::uint64_t file_offset(const char* symbol, std::string& path) {
  void* address = ::dlsym(RTLD_DEFAULT, symbol);
  Dl_info info{};
  link_map* map = nullptr;
  ST_CHECK(::dladdr1(address, &info, reinterpret_cast<void**>(&map), RTLD_DL_LINKMAP) != 0);
  path = info.dli_fname;
  return reinterpret_cast<std::uint64_t>(address) - map->l_addr;
}

// A target that writes `bytes` kRuns * kCallsPerRun times and reports the median run in a pipe.
class WritingTarget {
 public:
  explicit WritingTarget(int bytes)
      : target_([this, bytes](SSL* ssl) { report(ssl, bytes); },
                [](SSL* ssl) { scopetrace::testing::read_to_end(ssl); }) {}

  std::uint32_t tgid() const { return target_.tgid(); }
  double median_ns() {
    ST_CHECK(target_.run());
    double value = 0;
    ST_CHECK(::read(pipe_.fds[0], &value, sizeof(value)) == sizeof(value));
    return value;
  }

 private:
  struct Pipe {
    Pipe() { ST_CHECK(::pipe2(fds.data(), O_CLOEXEC) == 0); }
    ~Pipe() {
      for (const int fd : fds) ::close(fd);
    }
    std::array<int, 2> fds{};
  };

  void report(SSL* ssl, int bytes) const {
    const std::string text(static_cast<std::size_t>(bytes), 'x');
    std::vector<double> runs;
    for (int run = 0; run < kRuns; ++run) {
      const std::uint64_t start = boottime_ns();
      for (int call = 0; call < kCallsPerRun; ++call) SSL_write(ssl, text.data(), bytes);
      runs.push_back(static_cast<double>(boottime_ns() - start) / kCallsPerRun);
    }
    std::sort(runs.begin(), runs.end());
    const double median = runs[runs.size() / 2];
    ST_CHECK(::write(pipe_.fds[1], &median, sizeof(median)) == sizeof(median));
  }

  Pipe pipe_;
  scopetrace::testing::TlsTarget target_;
};

ProbeConfig config_for(std::uint32_t tgid) {
  ProbeConfig config;
  config.tgid = tgid;
  config.start_boottime_ns = read_start_boottime_ns(tgid).value_or(0);
  config.deadline_ns = boottime_ns() + 60 * kNanosecondsPerSecond;
  config.max_cpu_percent = 100;
  config.max_events_per_second = 10'000'000;
  return config;
}

// One target, without probes, with probes on it, or with probes on somebody else.
Times measure(int bytes, bool probed, bool as_bystander, std::uint64_t site_offset) {
  WritingTarget target(bytes);
  Times times;
  if (!probed) {
    times.write_ns = target.median_ns();
    return times;
  }
  WritingTarget other(bytes);
  std::string path;
  Site site;
  site.file_offset = file_offset("SSL_write", path);
  site.kind = SiteKind::kTlsWrite;
  site.is_function_entry = 1;
  if (site_offset != 0) {  // the internal function: (SSL*, buffer, length, size_t*)
    site.file_offset = site_offset;
    site.size_argument = 4;
    site.is_cheap = 1;
  }
  const std::uint64_t attach_start = boottime_ns();
  Result<ProbeSet> probes = ProbeSet::load(config_for(as_bystander ? other.tgid() : target.tgid()));
  ST_CHECK(probes.has_value() && probes->attach_kernel_probes().has_value());
  const Result<UniqueFd> file = open_file(path, O_RDONLY);
  ST_CHECK(probes->attach_sites(file->get(), std::span(&site, 1), {}).has_value());
  ST_CHECK(probes->resume().has_value());
  times.attach_ms = milliseconds_since(attach_start);
  times.write_ns = target.median_ns();
  const std::uint64_t detach_start = boottime_ns();
  probes->detach();
  times.detach_ms = milliseconds_since(detach_start);
  return times;
}

void print_row(const char* name, int bytes, const Times& times) {
  std::printf("%-28s %6d B  %9.0f ns/call  attach %6.1f ms  detach %6.1f ms\n", name, bytes,
              times.write_ns, times.attach_ms, times.detach_ms);
}

}  // namespace

// The optional argument is the file offset of a cheap internal site (hexadecimal), as the resolver
// finds it; without it only the exported function is measured.
int main(int argc, char** argv) {
  const std::uint64_t internal = argc > 1 ? std::strtoull(argv[1], nullptr, 16) : 0;
  for (const int bytes : {16384, 100}) {
    for (int repetition = 0; repetition < 2; ++repetition) {
      print_row("none", bytes, measure(bytes, false, false, 0));
      print_row("captured at the export", bytes, measure(bytes, true, false, 0));
      if (internal != 0)
        print_row("captured at the callee", bytes, measure(bytes, true, false, internal));
      print_row("bystander", bytes, measure(bytes, true, true, 0));
    }
  }
  return 0;
}
