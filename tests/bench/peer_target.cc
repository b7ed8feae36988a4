// SPDX-License-Identifier: Apache-2.0
// A program for tracers to attach to: an HTTPS client in one process and its server in another. It
// says "ready", waits for a line on standard input, then prints what one SSL_write and one SSL_read
// cost it, in nanoseconds. Ends when its input does.
//
// usage: peer_target BYTES CALLS      (BYTES of each HTTP message body; CALLS measured exchanges)
#include <openssl/ssl.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/support/tls_peer.h"
#include "userspace/base/clock.h"

namespace {

using namespace scopetrace;

constexpr int kWarmUp = 50;

// A whole message of exactly `bytes` bytes, so that one call carries one message.
std::string make_message(const std::string& head, std::size_t bytes) {
  for (std::size_t body = bytes;; --body) {
    std::string message = head + "Content-Length: " + std::to_string(body) + "\r\n\r\n";
    if (message.size() + body <= bytes || body == 0) {
      return message + std::string(bytes - std::min(bytes, message.size()), 'x');
    }
  }
}

void read_exactly(SSL* ssl, std::size_t bytes) {
  std::vector<char> buffer(bytes);
  for (std::size_t done = 0; done < bytes;) {
    const int n = SSL_read(ssl, buffer.data(), static_cast<int>(bytes - done));
    if (n <= 0) std::exit(0);
    done += static_cast<std::size_t>(n);
  }
}

double median(std::vector<double>& times) {
  std::nth_element(times.begin(), times.begin() + static_cast<long>(times.size() / 2), times.end());
  return times[times.size() / 2];
}

void run_client(SSL* ssl, std::size_t bytes, int calls) {
  const std::string request =
      make_message("POST /v1/bench HTTP/1.1\r\nHost: api.payments.example\r\n", bytes);
  std::vector<char> buffer(bytes);
  std::vector<double> writes;
  std::vector<double> reads;
  std::printf("ready\n");
  std::fflush(stdout);
  if (std::getchar() == EOF) return;
  for (int i = 0; i < calls + kWarmUp; ++i) {
    const std::uint64_t start = boottime_ns();
    SSL_write(ssl, request.data(), static_cast<int>(bytes));
    const std::uint64_t written = boottime_ns();
    // The server has answered when data can be peeked: what follows is the cost of reading alone.
    SSL_peek(ssl, buffer.data(), 1);
    const std::uint64_t before = boottime_ns();
    read_exactly(ssl, bytes);
    if (i < kWarmUp) continue;
    writes.push_back(static_cast<double>(written - start));
    reads.push_back(static_cast<double>(boottime_ns() - before));
  }
  std::printf("%.0f %.0f\n", median(writes), median(reads));
  std::fflush(stdout);  // the child leaves without running exit handlers
  while (std::getchar() != EOF) continue;
}

void run_server(SSL* ssl, std::size_t bytes) {
  const std::string response = make_message("HTTP/1.1 200 OK\r\n", bytes);
  while (true) {
    std::vector<char> buffer(bytes);
    for (std::size_t done = 0; done < bytes;) {
      const int n = SSL_read(ssl, buffer.data(), static_cast<int>(bytes - done));
      if (n <= 0) return;
      done += static_cast<std::size_t>(n);
    }
    SSL_write(ssl, response.data(), static_cast<int>(bytes));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto bytes = static_cast<std::size_t>(std::strtoul(argv[1], nullptr, 10));
  const int calls = static_cast<int>(std::strtol(argv[2], nullptr, 10));
  scopetrace::testing::TlsTarget target([=](SSL* ssl) { run_client(ssl, bytes, calls); },
                                        [=](SSL* ssl) { run_server(ssl, bytes); });
  std::printf("client %u\n", target.tgid());
  std::fflush(stdout);
  return target.run() ? 0 : 1;
}
