// SPDX-License-Identifier: Apache-2.0
// What the tests of sockets without TLS share: a target that does what it is told.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/privileged/tls_capture_support.h"
#include "tests/support/child.h"
#include "userspace/base/file.h"

namespace scopetrace::testing {

inline std::string read_exactly(int fd, std::size_t bytes) {
  std::string text(bytes, '\0');
  for (std::size_t at = 0; at < bytes;) {
    const ssize_t got = ::read(fd, text.data() + at, bytes - at);
    if (got <= 0) return text.substr(0, at);
    at += static_cast<std::size_t>(got);
  }
  return text;
}

// One capture of scopetrace-test-socket-calls, which does what it is told on one connection.
class PlainSocketsBpfTest : public TlsCaptureBpfTest {
 protected:
  PlainSocketsBpfTest() {
    ST_CHECK(write_file_atomically(file_, file_text_, 0600));
    target_ = std::make_unique<Child>(
        std::vector<std::string>{SCOPETRACE_TEST_BIN "/scopetrace-test-socket-calls",
                                 std::to_string(listener_.port()), file_});
    ST_CHECK(target_->wait_for_line("ready"));
  }
  ~PlainSocketsBpfTest() override { ::unlink(file_.c_str()); }

  void start(const std::function<void(ProbeConfig&)>& configure = [](ProbeConfig&) {}) {
    Options options;
    options.configure = [&](ProbeConfig& config) {
      config.tls = false;
      config.plain = true;
      configure(config);
    };
    auto loaded = ProbeSet::load(config_for(static_cast<std::uint32_t>(target_->tgid()), options));
    ASSERT_TRUE(loaded.has_value()) << loaded.error().message();
    probes_ = std::make_unique<ProbeSet>(std::move(*loaded));
    ASSERT_TRUE(probes_->attach_kernel_probes().has_value());
    ASSERT_TRUE(probes_->resume().has_value());
  }
  void connect() {
    ASSERT_EQ(call("connect"), 0);
    peer_ = listener_.accept();
  }
  // What the call returned in the target: a line of scopetrace-test-socket-calls.
  long call(const std::string& name) {
    target_->write_line(name);
    const auto line = target_->read_line();
    return line ? std::stol(*line) : -1;
  }
  void send_from_peer(const std::string& text) {
    ST_CHECK(::write(peer_.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  std::string receive_at_peer(long bytes) {
    return read_exactly(peer_.get(), static_cast<std::size_t>(bytes));
  }
  // Adds what the ring holds to what was seen before.
  const Seen& drain() {
    RingConsumer ring(probes_->payload_ring_fd(), probes_->payload_ring_bytes());
    ring.drain([this](Bytes record) { seen_.add(record); });
    counters_ = probes_->read_counters().value_or(ProbeCounters{});
    return seen_;
  }
  Seen finish() { return drain(); }

  LoopbackListener listener_;
  std::string file_ = "/tmp/scopetrace-plain-" + std::to_string(::getpid());
  std::string file_text_ = make_pattern(3000, 3);
  std::unique_ptr<Child> target_;
  std::unique_ptr<ProbeSet> probes_;
  UniqueFd peer_;
  Seen seen_;
};

}  // namespace scopetrace::testing
