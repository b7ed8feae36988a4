// SPDX-License-Identifier: Apache-2.0
#include "tests/support/loopback.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>

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

UniqueFd make_socket() { return UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

}  // namespace

UniqueFd connect_to_loopback(int port) {
  UniqueFd fd = make_socket();
  const sockaddr_in address = loopback(port);
  ST_CHECK(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  return fd;
}

LoopbackListener::LoopbackListener(int backlog) : fd_(make_socket()) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  ST_CHECK(::bind(fd_.get(), generic, size) == 0 && ::listen(fd_.get(), backlog) == 0);
  ST_CHECK(::getsockname(fd_.get(), generic, &size) == 0);
  port_ = ntohs(address.sin_port);
}

UniqueFd LoopbackListener::accept() const {
  UniqueFd fd(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  ST_CHECK(fd.get() >= 0);
  return fd;
}

}  // namespace scopetrace::testing
