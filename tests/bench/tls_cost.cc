// SPDX-License-Identifier: Apache-2.0
// What capture costs the target, in CPU time of its own thread: SSL_write, SSL_read and opening a
// connection, without probes, with probes on it, under an approval for another request, and with
// probes on somebody else. The runs alternate; the least one counts. Needs root.
//
// usage: tls_cost
#include <dlfcn.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/loopback.h"
#include "tests/support/ring_consumer.h"
#include "tests/support/tls_peer.h"
#include "userspace/base/clock.h"
#include "userspace/base/file.h"
#include "userspace/probe/probe_set.h"
#include "userspace/resolve/site_picker.h"

namespace {

using namespace scopetrace;
using scopetrace::testing::connect_to_loopback;
using scopetrace::testing::LoopbackListener;
using scopetrace::testing::TlsTarget;

constexpr int kRepetitions = 5;
constexpr int kRuns = 30;
constexpr int kCallsPerRun = 100;    // far less than the ring holds: drops would be cheaper
constexpr int kRecordOverhead = 22;  // TLS 1.3 with AES-GCM: header, type and tag

enum class Operation { kWrite, kRead, kConnect };
struct Workload {
  const char* name;
  Operation operation;
  int bytes;
  bool is_head = false;  // the text is a header block of short lines
};

enum class Capture { kNone, kExport, kCallee, kOtherRequest, kBystander, kBesideChildren };
struct Way {
  const char* name;
  Capture capture;
};
constexpr std::array<Way, 6> kWays = {{{"none", Capture::kNone},
                                       {"at the export", Capture::kExport},
                                       {"at the callee", Capture::kCallee},
                                       {"other request", Capture::kOtherRequest},
                                       {"bystander", Capture::kBystander},
                                       {"beside children", Capture::kBesideChildren}}};

struct Times {
  double call_ns = 1e18;
  double attach_ms = 0;
  double detach_ms = 0;
};

double thread_cpu_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

double milliseconds_since(std::uint64_t start_ns) {
  return static_cast<double>(boottime_ns() - start_ns) / 1e6;
}

// The most lines that a header block of this size may have, about.
std::string make_head(std::size_t bytes) {
  std::string text = "GET /v1/items HTTP/1.1\r\n";
  for (int i = 0; text.size() < bytes; ++i)
    text += "X-Field-" + std::to_string(i) + ": some value of it\r\n";
  text.resize(bytes);
  return text;
}

double time_writes(SSL* ssl, const std::string& text) {
  const double start = thread_cpu_ns();
  for (int call = 0; call < kCallsPerRun; ++call) {
    ST_CHECK(SSL_write(ssl, text.data(), static_cast<int>(text.size())) > 0);
  }
  return thread_cpu_ns() - start;
}

// Waits for a batch that fits the socket's buffer, then times only the reading.
double time_reads(SSL* ssl, std::string& buffer) {
  const int batch = buffer.size() > 1000 ? 2 : 50;
  const int fd = SSL_get_fd(ssl), size = static_cast<int>(buffer.size());
  const int enough = batch * (size + kRecordOverhead);
  ST_CHECK(::setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &enough, sizeof(enough)) == 0);
  double spent = 0;
  for (int call = 0; call < kCallsPerRun; call += batch) {
    pollfd ready{fd, POLLIN, 0};
    ST_CHECK(::poll(&ready, 1, 10'000) == 1);
    const double start = thread_cpu_ns();
    for (int i = 0; i < batch; ++i) ST_CHECK(SSL_read(ssl, buffer.data(), size) == size);
    spent += thread_cpu_ns() - start;
  }
  return spent;
}

double time_connects(int port) {
  const double start = thread_cpu_ns();
  for (int call = 0; call < kCallsPerRun; ++call) connect_to_loopback(port);
  return thread_cpu_ns() - start;
}

// A target that repeats one operation kRuns * kCallsPerRun times and reports its best run.
class TimedTarget {
 public:
  explicit TimedTarget(const Workload& workload)
      : workload_(workload),
        target_([this](SSL* ssl) { report(ssl); }, [this](SSL* ssl) { serve(ssl); }) {}

  std::uint32_t tgid() const { return target_.tgid(); }
  double best_ns() {
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

  double run_once(SSL* ssl, std::string& buffer) const {
    if (workload_.operation == Operation::kWrite) return time_writes(ssl, buffer);
    if (workload_.operation == Operation::kRead) return time_reads(ssl, buffer);
    return time_connects(listener_.port());
  }

  void report(SSL* ssl) const {
    const auto size = static_cast<std::size_t>(workload_.bytes);
    std::string buffer = workload_.is_head ? make_head(size) : std::string(size, 'x');
    double best = 1e18;
    for (int run = 0; run < kRuns; ++run) best = std::min(best, run_once(ssl, buffer));
    best /= kCallsPerRun;
    ST_CHECK(::write(pipe_.fds[1], &best, sizeof(best)) == sizeof(best));
  }

  void serve(SSL* ssl) const {
    const std::string text(static_cast<std::size_t>(workload_.bytes), 'y');
    const bool writes = workload_.operation == Operation::kRead;
    for (int call = 0; writes && call < kRuns * kCallsPerRun; ++call) {
      ST_CHECK(SSL_write(ssl, text.data(), workload_.bytes) > 0);
    }
    scopetrace::testing::read_to_end(ssl);
  }

  Workload workload_;
  Pipe pipe_;
  LoopbackListener listener_{4096};  // nobody accepts: the backlog holds every connection
  TlsTarget target_;
};

ProbeConfig config_for(std::uint32_t tgid, Capture capture) {
  ProbeConfig config;
  if (capture == Capture::kOtherRequest)
    config.requests = {{"x-request-id", "0192f3c4-7a10-7c3e-9d55-2f1e6a7b8c9d"}};
  config.tgid = tgid;
  config.children = capture == Capture::kBesideChildren;  // as of a group: probes for everybody
  config.deadline_ns = boottime_ns() + 60 * kNanosecondsPerSecond;
  config.max_cpu_percent = 100;
  config.max_events_per_second = 10'000'000;
  return config;
}

void attach_library(ProbeSet& probes, bool at_export) {
  Dl_info info{};
  ST_CHECK(::dladdr(reinterpret_cast<void*>(&SSL_write), &info) != 0);
  const Result<UniqueFd> file = open_file(info.dli_fname, O_RDONLY);
  ST_CHECK(file.has_value());
  const auto image = read_file(info.dli_fname, 64U << 20);
  ST_CHECK(image.has_value());
  PickOptions options;
  options.safe_sites = at_export;
  const auto sites = pick_sites(as_bytes(*image), options);
  ST_CHECK(sites.has_value());
  ST_CHECK(probes.attach_sites(file->get(), *sites, {}).has_value());
}

// Empties the ring every millisecond, as a session does.
class Drain {
 public:
  explicit Drain(const ProbeSet& probes)
      : ring_(probes.payload_ring_fd(), probes.payload_ring_bytes()), thread_([this] {
          while (!is_over_) {
            ring_.drain([](Bytes) {});
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
          }
        }) {}
  ~Drain() {
    is_over_ = true;
    thread_.join();
  }

 private:
  scopetrace::testing::RingConsumer ring_;
  std::atomic<bool> is_over_ = false;
  std::thread thread_;
};

void measure(const Workload& workload, Capture capture, Times& times) {
  TimedTarget target(workload);
  if (capture == Capture::kNone) {
    times.call_ns = std::min(times.call_ns, target.best_ns());
    return;
  }
  const TimedTarget other(workload);
  const bool on_target = capture != Capture::kBystander && capture != Capture::kBesideChildren;
  const std::uint64_t attach_start = boottime_ns();
  Result<ProbeSet> probes =
      ProbeSet::load(config_for(on_target ? target.tgid() : other.tgid(), capture));
  ST_CHECK(probes.has_value() && probes->attach_kernel_probes().has_value());
  attach_library(*probes, capture == Capture::kExport);
  ST_CHECK(probes->resume().has_value());
  times.attach_ms = milliseconds_since(attach_start);
  {
    const Drain drain(*probes);
    times.call_ns = std::min(times.call_ns, target.best_ns());
  }
  const std::uint64_t detach_start = boottime_ns();
  probes->detach();
  times.detach_ms = milliseconds_since(detach_start);
}

void print_workload(const Workload& workload) {
  std::array<Times, kWays.size()> times;
  for (int repetition = 0; repetition < kRepetitions; ++repetition) {
    for (std::size_t i = 0; i < kWays.size(); ++i) measure(workload, kWays[i].capture, times[i]);
  }
  for (std::size_t i = 0; i < kWays.size(); ++i) {
    std::printf("%-18s %-14s %8.0f ns %+8.0f ns  x %5.2f  attach %4.0f ms  detach %4.0f ms\n",
                workload.name, kWays[i].name, times[i].call_ns, times[i].call_ns - times[0].call_ns,
                times[i].call_ns / times[0].call_ns, times[i].attach_ms, times[i].detach_ms);
  }
  std::fflush(stdout);
}

}  // namespace

int main() {
  const std::array<Workload, 7> workloads = {{{"SSL_write 16 KiB", Operation::kWrite, 16384},
                                              {"write 4 KiB head", Operation::kWrite, 4096, true},
                                              {"write 4 KiB body", Operation::kWrite, 4096},
                                              {"SSL_write 100 B", Operation::kWrite, 100},
                                              {"SSL_read 16 KiB", Operation::kRead, 16384},
                                              {"SSL_read 100 B", Operation::kRead, 100},
                                              {"connect and close", Operation::kConnect, 0}}};
  for (const Workload& workload : workloads) print_workload(workload);
  return 0;
}
