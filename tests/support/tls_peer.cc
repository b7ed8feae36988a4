// SPDX-License-Identifier: Apache-2.0
#include "tests/support/tls_peer.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "tests/support/certificate.h"
#include "userspace/base/result.h"

namespace scopetrace::testing {
namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

UniqueFd listen_on_loopback(int& port) {
  UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  ST_CHECK(::bind(listener.get(), generic, size) == 0 && ::listen(listener.get(), 1) == 0);
  ST_CHECK(::getsockname(listener.get(), generic, &size) == 0);
  port = ntohs(address.sin_port);
  return listener;
}

}  // namespace

TlsTarget::TlsTarget(Scenario scenario, Server server) : server_(std::move(server)) {
  int port = 0;
  const UniqueFd listener = listen_on_loopback(port);
  std::array<int, 2> pipe_fds{};
  ST_CHECK(::pipe2(pipe_fds.data(), O_CLOEXEC) == 0);
  child_ = ::fork();
  ST_CHECK(child_ >= 0);
  if (child_ == 0) {
    go_ = UniqueFd(pipe_fds[0]);
    ::close(pipe_fds[1]);
    run_child(scenario, port);
  }
  ::close(pipe_fds[0]);
  go_ = UniqueFd(pipe_fds[1]);
  const ServerIdentity identity = make_server_identity("localhost");
  context_ = SSL_CTX_new(TLS_server_method());
  SSL_CTX_set_num_tickets(context_, 0);  // unread tickets would make the child's exit a reset
  ST_CHECK(SSL_CTX_use_certificate(context_, identity.certificate.get()) == 1);
  ST_CHECK(SSL_CTX_use_PrivateKey(context_, identity.key.get()) == 1);
  connection_ = UniqueFd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
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
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  ST_CHECK(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  SSL* ssl = SSL_new(context);
  ST_CHECK(SSL_set_fd(ssl, fd) == 1 && SSL_connect(ssl) == 1);
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
