// SPDX-License-Identifier: Apache-2.0
// What the tests of handshakes and of DNS share: a target that does what a test says on a
// connection of its own, and the raw ring of its capture, before redaction.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "tests/privileged/tls_capture_support.h"
#include "tests/support/dns_builder.h"

namespace scopetrace::testing {

inline const std::string kMarker = "must-never-be-copied-1234567890";

// A record around `content`.
inline std::string record(char type, const std::string& content) {
  return std::string{type, '\3', '\3'} + dns_short(static_cast<unsigned>(content.size())) + content;
}
// A handshake message around `body`.
inline std::string message(char type, const std::string& body) {
  return std::string{type, '\0'} + dns_short(static_cast<unsigned>(body.size())) + body;
}
inline const std::string kHello = message(1, "\3\3" + std::string(60, 'h'));
inline const std::string kAnswer = message(2, "\3\3" + std::string(50, 'a'));
inline const std::string kClientFlight = record(0x16, kHello);

inline void say(const UniqueFd& fd, const std::string& text) {
  if (::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) ::_exit(4);
}
// Reads with one call where all is there.
inline void hear(const UniqueFd& fd, std::size_t bytes) {
  std::string room(bytes, '\0');
  if (::recv(fd.get(), room.data(), bytes, MSG_WAITALL) != static_cast<ssize_t>(bytes)) ::_exit(5);
}

class NamesBpfTest : public TlsCaptureBpfTest {
 protected:
  using Side = std::function<void(const UniqueFd&)>;

  // Captures the target while it does `target` on a new connection and the test does `server`.
  Seen run(const Side& target, const Side& server, bool is_inbound = false) {
    return run_target([&](SSL*) { target(is_inbound ? peer_.accept() : peer_.connect()); },
                      [&](SSL*) { server(is_inbound ? peer_.connect() : peer_.accept()); });
  }
  // Both get the end of a connection that was open before.
  Seen run_target(const TlsTarget::Scenario& in_target, const TlsTarget::Server& in_test) {
    TlsTarget target(in_target, [&](SSL* ssl) {
      in_test(ssl);
      read_to_end(ssl);
    });
    Options options;
    options.configure = [this](ProbeConfig& config) {
      config.tls = false;
      config.plain = true;
      config.inbound = true;
      configure_(config);
    };
    Seen seen;
    auto probes = ProbeSet::load(config_for(target.tgid(), options));
    EXPECT_TRUE(probes.has_value()) << (probes ? "" : probes.error().message());
    if (!probes) return seen;
    EXPECT_TRUE(probes->attach_kernel_probes() && (is_paused_ || probes->resume()));
    EXPECT_TRUE(target.run());
    RingConsumer ring(probes->payload_ring_fd(), probes->payload_ring_bytes());
    ring.drain([&](Bytes bytes) {
      everything_ += as_text(bytes);
      seen.add(bytes);
    });
    counters_ = probes->read_counters().value_or(ProbeCounters{});
    return seen;
  }
  // The only handshake.
  static Seen::Handshake only(const Seen& seen) {
    EXPECT_EQ(seen.handshakes.size(), 1U);
    return seen.handshakes.empty() ? Seen::Handshake{} : seen.handshakes.begin()->second;
  }

  LoopbackListener peer_;
  std::function<void(ProbeConfig&)> configure_ = [](ProbeConfig&) {};
  bool is_paused_ = false;
  std::string everything_;  // the ring as it is
};

}  // namespace scopetrace::testing
