// SPDX-License-Identifier: Apache-2.0
#include "tests/support/tls_peer.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "tests/support/certificate.h"
#include "tests/support/loopback.h"
#include "userspace/base/result.h"

namespace scopetrace::testing {
TlsTarget::TlsTarget(Scenario scenario, Server server) : server_(std::move(server)) {
  const LoopbackListener listener;
  std::array<int, 2> pipe_fds{};
  ST_CHECK(::pipe2(pipe_fds.data(), O_CLOEXEC) == 0);
  child_ = ::fork();
  ST_CHECK(child_ >= 0);
  if (child_ == 0) {
    go_ = UniqueFd(pipe_fds[0]);
    ::close(pipe_fds[1]);
    run_child(scenario, listener.port());
  }
  ::close(pipe_fds[0]);
  go_ = UniqueFd(pipe_fds[1]);
  const ServerIdentity identity = make_server_identity("localhost");
  context_ = SSL_CTX_new(TLS_server_method());
  SSL_CTX_set_num_tickets(context_, 0);  // unread tickets would make the child's exit a reset
  ST_CHECK(SSL_CTX_use_certificate(context_, identity.certificate.get()) == 1);
  ST_CHECK(SSL_CTX_use_PrivateKey(context_, identity.key.get()) == 1);
  connection_ = listener.accept();
  ssl_ = SSL_new(context_);
  ST_CHECK(SSL_set_fd(ssl_, connection_.get()) == 1 && SSL_accept(ssl_) == 1);
}

TlsTarget::~TlsTarget() {
  if (child_ > 0) {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  SSL_free(ssl_);
  SSL_CTX_free(context_);
}

void TlsTarget::run_child(const Scenario& scenario, int port) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  const UniqueFd fd = connect_to_loopback(port);
  SSL* ssl = SSL_new(context);
  ST_CHECK(SSL_set_fd(ssl, fd.get()) == 1 && SSL_connect(ssl) == 1);
  char byte = 0;
  if (::read(go_.get(), &byte, 1) != 1) ::_exit(1);
  scenario(ssl);
  SSL_shutdown(ssl);
  SSL_free(ssl);
  ::_exit(0);
}

bool TlsTarget::run() {
  ST_CHECK(::write(go_.get(), "g", 1) == 1);
  server_(ssl_);
  int status = 0;
  ::waitpid(child_, &status, 0);
  child_ = -1;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::string make_pattern(std::size_t size, unsigned seed) {
  std::string text(size, '\0');
  std::uint32_t state = seed * 2654435761U + 1;
  for (char& byte : text) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<char>('a' + (state >> 24) % 26);
  }
  return text;
}

std::string read_to_end(SSL* ssl) {
  std::string all;
  std::array<char, 16384> buffer{};
  for (;;) {
    const int got = SSL_read(ssl, buffer.data(), static_cast<int>(buffer.size()));
    if (got <= 0) return all;
    all.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace scopetrace::testing
