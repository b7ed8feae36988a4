// SPDX-License-Identifier: Apache-2.0
// What is copied of handshakes and of DNS, and that nothing else of those sockets is. Looks at the
// raw ring, before redaction.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/privileged/tls_capture_support.h"
#include "tests/support/certificate.h"
#include "tests/support/dns_builder.h"

namespace scopetrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

const std::string kMarker = "must-never-be-copied-1234567890";

// A record around `content`.
std::string record(char type, const std::string& content) {
  return std::string{type, '\3', '\3'} + dns_short(static_cast<unsigned>(content.size())) + content;
}
// A handshake message around `body`.
std::string message(char type, const std::string& body) {
  return std::string{type, '\0'} + dns_short(static_cast<unsigned>(body.size())) + body;
}
const std::string kHello = message(1, "\3\3" + std::string(60, 'h'));
const std::string kAnswer = message(2, "\3\3" + std::string(50, 'a'));
const std::string kClientFlight = record(0x16, kHello);

void say(const UniqueFd& fd, const std::string& text) {
  if (::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) ::_exit(4);
}
// Reads with one call where all is there.
void hear(const UniqueFd& fd, std::size_t bytes) {
  std::string room(bytes, '\0');
  if (::recv(fd.get(), room.data(), bytes, MSG_WAITALL) != static_cast<ssize_t>(bytes)) ::_exit(5);
}

// The types of the messages that fill `flight` exactly; else the last is -1.
std::vector<int> types_of(const std::string& flight) {
  std::vector<int> types;
  std::size_t at = 0;
  while (at + 4 <= flight.size()) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(flight[at + i]); };
    types.push_back(byte(0));
    at += 4U + (byte(1) << 16U | byte(2) << 8U | byte(3));
  }
  if (at != flight.size()) types.push_back(-1);
  return types;
}

// A whole handshake of OpenSSL and some application data both ways.
void talk_tls(const UniqueFd& fd, bool is_server, int version) {
  SSL_CTX* context = SSL_CTX_new(TLS_method());
  SSL_CTX_set_max_proto_version(context, version);
  const ServerIdentity identity = make_server_identity("localhost");
  SSL_CTX_use_certificate(context, identity.certificate.get());
  SSL_CTX_use_PrivateKey(context, identity.key.get());
  SSL* ssl = SSL_new(context);
  SSL_set_fd(ssl, fd.get());
  is_server ? SSL_set_accept_state(ssl) : SSL_set_connect_state(ssl);
  char byte = 'x';
  const bool is_done = is_server ? SSL_read(ssl, &byte, 1) == 1 && SSL_write(ssl, &byte, 1) == 1
                                 : SSL_write(ssl, &byte, 1) == 1 && SSL_read(ssl, &byte, 1) == 1;
  if (!is_done) ::_exit(6);
  SSL_free(ssl);
  SSL_CTX_free(context);
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

// How the target learns of sockets, and which end it is.
struct RealCase {
  const char* name;
  int version;
  bool is_inbound;
  bool avoids_lengths;
};
void PrintTo(const RealCase& row, std::ostream* out) { *out << row.name; }
class RealHandshakeBpfTest : public NamesBpfTest, public ::testing::WithParamInterface<RealCase> {};

TEST_P(RealHandshakeBpfTest, IsCopiedUpToItsEncryption) {
  const RealCase& row = GetParam();
  configure_ = [&](ProbeConfig& config) { config.avoid_socket_lengths = row.avoids_lengths; };

  const Seen seen =
      run([&](const UniqueFd& fd) { talk_tls(fd, row.is_inbound, row.version); },
          [&](const UniqueFd& fd) { talk_tls(fd, !row.is_inbound, row.version); }, row.is_inbound);

  const Seen::Handshake handshake = only(seen);
  EXPECT_THAT(types_of(handshake.flights[0]), ElementsAre(1));
  if (row.version == TLS1_3_VERSION) {
    EXPECT_THAT(types_of(handshake.flights[1]), ElementsAre(2));
  } else {
    EXPECT_THAT(types_of(handshake.flights[1]), ElementsAre(2, 11, 12, 14));
  }
  EXPECT_EQ(handshake.flags, ST_HANDSHAKE_SERVER | ST_HANDSHAKE_LAST);
  EXPECT_THAT(seen.streams, IsEmpty());
  const std::uint64_t copied = handshake.flights[0].size() + handshake.flights[1].size();
  EXPECT_EQ(counters_[ST_COUNT_HANDSHAKE_BYTES], copied);
  EXPECT_EQ(counters_[ST_COUNT_BYTES], copied);
}

INSTANTIATE_TEST_SUITE_P(Ends, RealHandshakeBpfTest,
                         ::testing::Values(RealCase{"Client13", TLS1_3_VERSION, false, false},
                                           RealCase{"Client12", TLS1_2_VERSION, false, false},
                                           RealCase{"Server13", TLS1_3_VERSION, true, false},
                                           RealCase{"Server12", TLS1_2_VERSION, true, false},
                                           RealCase{"OldKernel", TLS1_3_VERSION, false, true}),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_F(NamesBpfTest, CopiesNothingBehindTheFlights) {
  const std::string more = record(0x17, kMarker) + record(0x16, kMarker);
  const std::string answer = record(0x16, kAnswer) + record(0x14, "\1") + record(0x16, kMarker);
  const std::string late = record(0x16, message(1, "\3\3" + kMarker));
  const Seen seen = run(
      [&](const UniqueFd& fd) {
        say(fd, kClientFlight + more);
        hear(fd, answer.size());
        say(fd, late);  // as a renegotiation, which is encrypted
        hear(fd, answer.size());
      },
      [&](const UniqueFd& fd) {
        hear(fd, kClientFlight.size() + more.size());
        say(fd, answer);
        hear(fd, late.size());
        say(fd, answer);
      });

  EXPECT_EQ(only(seen).flights[0], kHello);
  EXPECT_EQ(only(seen).flights[1], kAnswer);
  EXPECT_THAT(seen.streams, IsEmpty());
  EXPECT_THAT(everything_, HasSubstr(kHello));
  EXPECT_THAT(everything_, Not(HasSubstr(kMarker)));
}

TEST_F(NamesBpfTest, CopiesNothingThatTheClientSaysBehindTheAnswer) {
  const std::string key = record(0x16, message(16, kMarker));
  const Seen seen = run(
      [&](const UniqueFd& fd) {
        say(fd, kClientFlight);
        hear(fd, kAnswer.size() + 5);
        say(fd, key);
      },
      [&](const UniqueFd& fd) {
        hear(fd, kClientFlight.size());
        say(fd, record(0x16, kAnswer));
        hear(fd, key.size());
      });

  EXPECT_EQ(only(seen).flights[1], kAnswer);
  EXPECT_THAT(everything_, Not(HasSubstr(kMarker)));
}

TEST_F(NamesBpfTest, CopiesAHelloInPieces) {
  const std::string flight = record(0x16, kHello.substr(0, 20)) +
                             record(0x16, kHello.substr(20, 1)) + record(0x16, kHello.substr(21));
  const auto in_pieces = [&](const UniqueFd& fd) {
    for (std::size_t at = 0; at < flight.size(); at += at == 0 ? 16 : 7) {
      const std::size_t size = at == 0 ? 16 : 7;
      say(fd, flight.substr(at, size));
    }
  };
  const Seen seen = run(in_pieces, [&](const UniqueFd& fd) { hear(fd, flight.size()); });

  EXPECT_EQ(only(seen).flights[0], kHello);
}

TEST_F(NamesBpfTest, CopiesAHelloInParts) {
  std::string flight = kClientFlight;
  const Seen seen = run(
      [&](const UniqueFd& fd) {
        iovec parts[] = {{flight.data(), 16},
                         {nullptr, 0},
                         {flight.data() + 16, 1},
                         {flight.data() + 17, flight.size() - 17}};
        if (::writev(fd.get(), parts, 4) <= 0) ::_exit(4);
      },
      [&](const UniqueFd& fd) { hear(fd, flight.size()); });

  EXPECT_EQ(only(seen).flights[0], kHello);
}

TEST_F(NamesBpfTest, CopiesTheHelloBehindStarttls) {
  const std::string command = "a text of some length, STARTTLS\r\n";
  const Seen seen = run(
      [&](const UniqueFd& fd) {
        say(fd, command);
        say(fd, kClientFlight);
      },
      [&](const UniqueFd& fd) { hear(fd, command.size() + kClientFlight.size()); });

  EXPECT_EQ(only(seen).flights[0], kHello);
  EXPECT_EQ(seen.only(ST_EGRESS).end, command.size());
}

// Its renegotiation, which OpenSSL reads the head of first.
TEST_F(NamesBpfTest, TakesCiphertextOfAnOpenConnectionForNoHandshake) {
  const std::string encrypted = record(0x16, "\1" + kMarker);
  const auto raw = [](SSL* ssl) { return UniqueFd(::dup(SSL_get_fd(ssl))); };
  const Seen seen = run_target(
      [&](SSL* ssl) {
        hear(raw(ssl), 5);
        hear(raw(ssl), encrypted.size() - 5);
        say(raw(ssl), encrypted);
      },
      [&](SSL* ssl) {
        say(raw(ssl), encrypted);
        hear(raw(ssl), encrypted.size());
      });

  EXPECT_THAT(seen.connections, Not(IsEmpty()));
  EXPECT_THAT(seen.handshakes, IsEmpty());
  EXPECT_THAT(everything_, Not(HasSubstr(kMarker)));
}

TEST_F(NamesBpfTest, CopiesNothingWhilePaused) {
  for (const bool is_paused : {false, true}) {
    is_paused_ = is_paused;
    const Seen seen = run([&](const UniqueFd& fd) { say(fd, kClientFlight); },
                          [&](const UniqueFd& fd) { hear(fd, kClientFlight.size()); });

    EXPECT_EQ(seen.handshakes.empty(), is_paused);
    EXPECT_EQ(counters_[ST_COUNT_HANDSHAKE_BYTES] == 0, is_paused);
  }
}

TEST_F(NamesBpfTest, SaysThatAHelloIsCutForWantOfBudget) {
  configure_ = [](ProbeConfig& config) { config.max_bytes = 10; };
  const Seen seen = run(
      [&](const UniqueFd& fd) {
        say(fd, kClientFlight);
        hear(fd, 6);
      },
      [&](const UniqueFd& fd) {
        hear(fd, kClientFlight.size());
        say(fd, record(0x17, "x"));
      });

  EXPECT_EQ(only(seen).flights[0], "");
  EXPECT_EQ(only(seen).flags, ST_HANDSHAKE_SERVER | ST_HANDSHAKE_LAST);
  EXPECT_EQ(counters_[ST_COUNT_LOST_BUDGET_BYTES], kHello.size());
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
