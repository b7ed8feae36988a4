// SPDX-License-Identifier: Apache-2.0
// What is copied of DNS and of the arguments of system calls on sockets, and what is not. Looks at
// the raw ring, before redaction.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/privileged/names_support.h"

namespace scopetrace::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

// ---- System calls ------------------------------------------------------------------------------

TEST_F(NamesBpfTest, CopiesNoSocketOptionThatMayBeAKey) {
  configure_ = [](ProbeConfig& config) { config.calls = ST_CALLS_SOCKETS; };
  const auto set = [](const UniqueFd& fd, int level, int option, std::string value) {
    value.resize(300, 'k');  // of any size and form: it may be refused, and is told all the same
    ::setsockopt(fd.get(), level, option, value.data(), static_cast<socklen_t>(value.size()));
  };
  const Seen seen = run(
      [&](const UniqueFd& fd) {
        constexpr int kSolTls = 282;
        set(fd, kSolTls, 1, kMarker);
        for (const int option : {TCP_MD5SIG, TCP_FASTOPEN_KEY, TCP_ULP})
          set(fd, IPPROTO_TCP, option, kMarker);
        set(fd, SOL_SOCKET, SO_BINDTODEVICE, kMarker);
        set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, std::string("\1\0\0\0told-options", 16) + kMarker);
      },
      [](const UniqueFd&) {});

  EXPECT_THAT(everything_, HasSubstr("told-options"));
  EXPECT_THAT(everything_, Not(HasSubstr(kMarker.substr(0, 8))));
}

// ---- DNS ---------------------------------------------------------------------------------------

// A UDP socket of this machine; bound to a port when that is 0, connected to it otherwise.
class UdpSocket {
 public:
  explicit UdpSocket(int peer_port) : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = address_of(peer_port);
    const auto* place = reinterpret_cast<sockaddr*>(&address);
    ST_CHECK((peer_port == 0 ? ::bind(fd_.get(), place, sizeof(address))
                             : ::connect(fd_.get(), place, sizeof(address))) == 0);
    timeval patience{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  }
  static sockaddr_in address_of(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  int port() const {
    sockaddr_in address{};
    socklen_t size = sizeof(address);
    ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
  }
  int fd() const { return fd_.get(); }
  // Waits for a datagram and answers it with `reply`.
  void serve(const std::string& reply) const {
    char room[2048];
    sockaddr_in from{};
    socklen_t size = sizeof(from);
    ST_CHECK(::recvfrom(fd_.get(), room, sizeof(room), 0, reinterpret_cast<sockaddr*>(&from),
                        &size) > 0);
    ST_CHECK(::sendto(fd_.get(), reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from),
                      size) > 0);
  }

 private:
  UniqueFd fd_;
};

std::string query() { return DnsBuilder(7, "api.example", kDnsA).query(); }
std::string reply() {
  return DnsBuilder(7, "api.example", kDnsA)
      .answer("api.example", kDnsA, std::string("\x7f\0\0\1", 4))
      .reply();
}

// How the target asks and listens.
struct DnsCase {
  const char* name;
  void (*ask)(int fd, std::string text);
  void (*listen)(int fd, char* room, std::size_t size);
};
void PrintTo(const DnsCase& row, std::ostream* out) { *out << row.name; }

void send_message(int fd, std::string text) {
  iovec part{text.data(), text.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  ST_CHECK(::sendmsg(fd, &header, 0) > 0);
}
void receive_message(int fd, char* room, std::size_t size) {
  iovec part{room, size};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  ST_CHECK(::recvmsg(fd, &header, 0) > 0);
}
void send_messages(int fd, std::string text) {
  iovec part{text.data(), text.size()};
  mmsghdr header{};
  header.msg_hdr.msg_iov = &part;
  header.msg_hdr.msg_iovlen = 1;
  ST_CHECK(::sendmmsg(fd, &header, 1, 0) == 1);
}
void receive_messages(int fd, char* room, std::size_t size) {
  iovec part{room, size};
  mmsghdr header{};
  header.msg_hdr.msg_iov = &part;
  header.msg_hdr.msg_iovlen = 1;
  ST_CHECK(::recvmmsg(fd, &header, 1, 0, nullptr) == 1);
}
void send_plain(int fd, std::string text) { ST_CHECK(::send(fd, text.data(), text.size(), 0) > 0); }
void receive_plain(int fd, char* room, std::size_t size) {
  ST_CHECK(::recv(fd, room, size, MSG_PEEK) > 0);  // only looked at: told once
  ST_CHECK(::recv(fd, room, size, 0) > 0);
}
void write_plain(int fd, std::string text) { ST_CHECK(::write(fd, text.data(), text.size()) > 0); }
void read_plain(int fd, char* room, std::size_t size) { ST_CHECK(::read(fd, room, size) > 0); }

class DnsBpfTest : public NamesBpfTest, public ::testing::WithParamInterface<DnsCase> {};

TEST_P(DnsBpfTest, CopiesQuestionAndAnswer) {
  const UdpSocket server(0);
  const Seen seen = run_target(
      [&](SSL*) {
        const UdpSocket client(server.port());
        char room[2048];
        GetParam().ask(client.fd(), query());
        GetParam().listen(client.fd(), room, sizeof(room));
      },
      [&](SSL*) { server.serve(reply()); });

  ASSERT_THAT(seen.datagrams, SizeIs(2));
  const Seen::Datagram& asked = seen.datagrams[0];
  EXPECT_EQ(asked.bytes, query());
  EXPECT_EQ(asked.record.direction, ST_EGRESS);
  EXPECT_EQ(asked.record.server_port, server.port());
  EXPECT_EQ(asked.record.server_address[0], 127);
  EXPECT_EQ(seen.datagrams[1].bytes, reply());
  EXPECT_EQ(seen.datagrams[1].record.direction, ST_INGRESS);
  EXPECT_EQ(seen.datagrams[1].record.local_port, asked.record.local_port);
  EXPECT_NE(asked.record.local_port, 0);
  EXPECT_EQ(counters_[ST_COUNT_DNS_BYTES], query().size() + reply().size());
}

INSTANTIATE_TEST_SUITE_P(Calls, DnsBpfTest,
                         ::testing::Values(DnsCase{"Send", send_plain, receive_plain},
                                           DnsCase{"Message", send_message, receive_message},
                                           DnsCase{"Messages", send_messages, receive_messages},
                                           DnsCase{"Write", write_plain, read_plain}),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_F(NamesBpfTest, CopiesDnsOnOldKernels) {
  configure_ = [](ProbeConfig& config) { config.avoid_socket_lengths = true; };
  const UdpSocket server(0);
  const Seen seen = run_target(
      [&](SSL*) {
        const UdpSocket client(server.port());
        char room[2048];
        send_plain(client.fd(), query());
        read_plain(client.fd(), room, sizeof(room));
      },
      [&](SSL*) { server.serve(reply()); });

  EXPECT_THAT(seen.datagrams, SizeIs(2));
}

TEST_F(NamesBpfTest, CopiesNoOtherDatagram) {
  const UdpSocket server(0);
  std::string answer_sent = reply();
  std::string two_questions = query();
  two_questions[5] = '\2';
  std::string update = query();
  update[2] = '\x28';
  const Seen seen = run_target(
      [&](SSL*) {
        const UdpSocket client(server.port());
        for (const std::string& text : {kMarker, answer_sent, two_questions, update, query()})
          send_plain(client.fd(), text);
        char room[2048];
        read_plain(client.fd(), room, sizeof(room));  // a question, as a name server gets
      },
      [&](SSL*) { server.serve(query()); });

  ASSERT_THAT(seen.datagrams, SizeIs(1));
  EXPECT_EQ(seen.datagrams[0].bytes, query());
  EXPECT_THAT(everything_, Not(HasSubstr(kMarker)));
}

TEST_F(NamesBpfTest, KeepsABoundedPartOfALongAnswer) {
  const UdpSocket server(0);
  const std::string big = reply() + std::string(700, 'r') + std::string(900, 's');
  const Seen seen = run_target(
      [&](SSL*) {
        const UdpSocket client(server.port());
        char room[2048];
        send_plain(client.fd(), query());
        read_plain(client.fd(), room, sizeof(room));
      },
      [&](SSL*) { server.serve(big); });

  ASSERT_THAT(seen.datagrams, SizeIs(2));
  EXPECT_EQ(seen.datagrams[1].bytes, big.substr(0, ST_DNS_BYTES_MAX));
  EXPECT_EQ(seen.datagrams[1].record.call_bytes, big.size());
}

TEST_F(NamesBpfTest, CopiesNoDnsOutsideTheRequest) {
  for (const bool is_scoped : {false, true}) {
    if (is_scoped)
      configure_ = [](ProbeConfig& config) { config.requests = {{"x-request-id", "req-4711"}}; };
    const UdpSocket server(0);
    const Seen seen = run_target(
        [&](SSL*) {
          const UdpSocket client(server.port());
          send_plain(client.fd(), query());
        },
        [&](SSL*) { server.serve(reply()); });

    EXPECT_EQ(seen.datagrams.empty(), is_scoped);
    EXPECT_EQ(counters_[ST_COUNT_SUPPRESSED_SCOPE] > 0, is_scoped);
  }
}

}  // namespace
}  // namespace scopetrace::testing
