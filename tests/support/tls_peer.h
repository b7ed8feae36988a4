// SPDX-License-Identifier: Apache-2.0
// A TLS client in a process of its own (the target of a capture) and the server it talks to, which
// stays in the test: the same library, another process.
#pragma once

#include <openssl/ssl.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>

#include "userspace/base/unique_fd.h"

namespace scopetrace::testing {

// Runs `scenario` as a TLS client over loopback in a forked child. The child connects and completes
// its handshake at once, then waits for go(): so the connection is older than the capture.
class TlsTarget {
 public:
  using Scenario = std::function<void(SSL*)>;
  using Server = std::function<void(SSL*)>;

  // `server` runs in the test's process, in run_server(). Aborts when a socket cannot be had.
  TlsTarget(Scenario scenario, Server server);
  ~TlsTarget();
  TlsTarget(const TlsTarget&) = delete;
  TlsTarget& operator=(const TlsTarget&) = delete;

  std::uint32_t tgid() const { return static_cast<std::uint32_t>(child_); }
  // Lets the scenario run, serves it, and waits until the child has gone. True when it exited with
  // 0.
  bool run();

 private:
  void run_child(const Scenario& scenario, int port);

  Server server_;
  pid_t child_ = -1;
  UniqueFd go_;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
  UniqueFd connection_;
};

// `size` bytes that differ at every position: a letter pattern from a seed.
std::string make_pattern(std::size_t size, unsigned seed);
// Reads until the peer closes; the bytes read.
std::string read_to_end(SSL* ssl);

}  // namespace scopetrace::testing
