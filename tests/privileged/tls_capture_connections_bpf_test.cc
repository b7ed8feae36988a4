// SPDX-License-Identifier: Apache-2.0
// Connections are announced once, closed with the addresses they had, and told apart by direction.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "tests/privileged/tls_capture_support.h"

namespace scopetrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

// Id and state of what opened or was seen first, in the order of the ring.
std::vector<std::pair<int, int>> announced(const Seen& seen) {
  std::vector<std::pair<int, int>> list;
  for (const st_connection_event& event : seen.connections) {
    if (event.state == ST_CONNECTION_CLOSED) continue;
    list.emplace_back(static_cast<int>(event.conn_id), event.state);
  }
  return list;
}

// Opens, uses and closes a second connection within the session.
void use_second(const LoopbackListener& peer) {
  const UniqueFd fd = peer.connect();
  std::array<char, 8> buffer{};
  if (::write(fd.get(), "ask", 3) != 3) ::_exit(3);
  while (::read(fd.get(), buffer.data(), buffer.size()) > 0) continue;
}

void serve_second(const LoopbackListener& peer) {
  const UniqueFd fd = peer.accept();
  std::array<char, 8> buffer{};
  ST_CHECK(::read(fd.get(), buffer.data(), buffer.size()) == 3);
}

TEST_P(SocketsBpfTest, AnnouncesEachOnceWithConsecutiveIds) {
  const LoopbackListener peer;
  TlsTarget target(
      [&](SSL* ssl) {
        write_all_in(ssl, "first", 5);
        write_all_in(ssl, "again", 5);
        use_second(peer);
      },
      [&](SSL* ssl) {
        serve_second(peer);
        read_to_end(ssl);
      });

  const Seen seen = capture(target, options(), counters_);

  EXPECT_THAT(announced(seen),
              ElementsAre(Pair(1, ST_CONNECTION_SEEN), Pair(2, ST_CONNECTION_OPENED)));
}

TEST_P(SocketsBpfTest, ClosesWithTheAddressesItHad) {
  const LoopbackListener peer;
  TlsTarget target([&](SSL*) { use_second(peer); },
                   [&](SSL* ssl) {
                     serve_second(peer);
                     read_to_end(ssl);
                   });

  const Seen seen = capture(target, options(), counters_);

  const auto closing = std::find_if(
      seen.connections.begin(), seen.connections.end(),
      [](const auto& event) { return event.conn_id == 1 && event.state == ST_CONNECTION_CLOSED; });
  ASSERT_NE(closing, seen.connections.end());
  const st_connection_event &opened = seen.connections.front(), &closed = *closing;
  EXPECT_NE(opened.local_port, 0);
  EXPECT_EQ(closed.local_port, opened.local_port);
  EXPECT_EQ(closed.peer_port, peer.port());
  EXPECT_THAT(closed.local_address, ::testing::ElementsAreArray(opened.local_address));
  EXPECT_EQ(closed.sent_bytes, 3U);
}

TEST_P(SocketsBpfTest, TellsThePeerOfARefusedConnection) {
  std::uint16_t port = 0;
  {
    const LoopbackListener gone;
    port = gone.port();
  }
  TlsTarget target(
      [&](SSL*) {
        const UniqueFd fd(::socket(AF_INET, SOCK_STREAM, 0));
        sockaddr_in peer{};
        peer.sin_family = AF_INET;
        peer.sin_port = htons(port);
        peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&peer), sizeof(peer)) == 0) ::_exit(3);
      },
      [](SSL* ssl) { read_to_end(ssl); });

  const Seen seen = capture(target, options(), counters_);

  const auto refused =
      std::find_if(seen.connections.begin(), seen.connections.end(), [&](const auto& event) {
        return event.peer_port == port && event.state == ST_CONNECTION_CLOSED;
      });
  ASSERT_NE(refused, seen.connections.end());
  EXPECT_EQ(refused->family, AF_INET);
  EXPECT_EQ(refused->role, ST_ROLE_CONNECTED);
}

// Its memory would be the next socket's, and that would have its addresses.
TEST_P(SocketsBpfTest, TellsNoConnectionOfASocketThatIsReadAfterItsEnd) {
  const LoopbackListener peer;
  TlsTarget target(
      [&](SSL*) {
        const UniqueFd fd = peer.connect();
        char byte = 0;
        if (::write(fd.get(), "ask", 3) != 3) ::_exit(3);
        if (::read(fd.get(), &byte, 1) != -1 || ::read(fd.get(), &byte, 1) != 0) ::_exit(4);
      },
      [&](SSL* ssl) {
        UniqueFd fd = peer.accept();
        std::array<char, 8> buffer{};
        ST_CHECK(::read(fd.get(), buffer.data(), buffer.size()) == 3);
        const linger reset{1, 0};
        ST_CHECK(::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) == 0);
        fd = UniqueFd();
        read_to_end(ssl);
      });

  Options options;
  options.configure = [](ProbeConfig& config) {
    config.inbound = true;  // else one whose opening was not seen would not be told
    config.avoid_socket_lengths = GetParam().avoids_lengths;
  };

  const Seen seen = capture(target, options, counters_);

  const auto told = std::count_if(
      seen.connections.begin(), seen.connections.end(), [&](const st_connection_event& event) {
        return event.peer_port == peer.port() && event.state != ST_CONNECTION_CLOSED;
      });
  EXPECT_EQ(told, 1);
}

struct InboundCase {
  const char* name;
  bool approved;
  bool avoids_lengths;
};
void PrintTo(const InboundCase& row, std::ostream* out) { *out << row.name; }

class InboundBpfTest : public TlsCaptureBpfTest,
                       public ::testing::WithParamInterface<InboundCase> {};

TEST_P(InboundBpfTest, CapturesAcceptedConnectionsOnlyWhenApproved) {
  const LoopbackListener peer;
  TlsTarget target(
      [&](SSL*) {
        const TlsEnd end(peer.accept(), TlsEnd::Role::kServer);
        if (read_to_end(end.ssl()) != "question") ::_exit(3);
        write_all_in(end.ssl(), "answer", 6);
      },
      [&](SSL* ssl) {
        {
          const TlsEnd end(peer.connect(), TlsEnd::Role::kClient);
          write_all_in(end.ssl(), "question", 8);
          SSL_shutdown(end.ssl());
          EXPECT_EQ(read_to_end(end.ssl()), "answer");
        }
        read_to_end(ssl);
      });
  Options options;
  options.configure = [](ProbeConfig& config) {
    config.inbound = GetParam().approved;
    config.avoid_socket_lengths = GetParam().avoids_lengths;
  };

  const Seen seen = capture(target, options, counters_);

  const auto accepted = std::count_if(seen.connections.begin(), seen.connections.end(),
                                      [](const auto& e) { return e.role == ST_ROLE_ACCEPTED; });
  EXPECT_EQ(accepted, GetParam().approved ? 2 : 0);
  EXPECT_EQ(seen.only(ST_INGRESS).bytes, GetParam().approved ? "question" : "");
  EXPECT_EQ(seen.only(ST_EGRESS).bytes, GetParam().approved ? "answer" : "");
}

INSTANTIATE_TEST_SUITE_P(Accepted, InboundBpfTest,
                         ::testing::Values(InboundCase{"NotApproved", false, false},
                                           InboundCase{"Approved", true, false},
                                           InboundCase{"NotApprovedBySystemCalls", false, true},
                                           InboundCase{"ApprovedBySystemCalls", true, true}),
                         [](const auto& row) { return row.param.name; });

// The bytes of each TLS object that wrote, in order of first sight.
std::vector<std::string> written(const Seen& seen) {
  std::vector<std::string> texts;
  for (const auto& [key, stream] : seen.streams) {
    if (key.second == ST_EGRESS) texts.push_back(stream.bytes);
  }
  return texts;
}

TEST_F(TlsCaptureBpfTest, MutesOneConnectionOnly) {
  const LoopbackListener peer;
  ProbeSet* probes = nullptr;
  TlsTarget target(
      [&](SSL* ssl) {
        const TlsEnd second(peer.connect(), TlsEnd::Role::kClient);
        write_all_in(second.ssl(), "heard", 5);
        write_all_in(ssl, "before", 6);
        write_all_in(second.ssl(), "!", 1);  // "before" has been recorded when this is sent
        char byte = 0;
        if (SSL_read(ssl, &byte, 1) != 1) ::_exit(3);
        write_all_in(ssl, "muted!", 6);
        write_all_in(second.ssl(), "still", 5);
      },
      [&](SSL* ssl) {
        const TlsEnd second(peer.accept(), TlsEnd::Role::kServer);
        std::array<char, 6> buffer{};
        ST_CHECK(SSL_read(ssl, buffer.data(), 6) == 6);
        ST_CHECK(SSL_read(second.ssl(), buffer.data(), 6) == 5);
        ST_CHECK(SSL_read(second.ssl(), buffer.data(), 1) == 1);
        EXPECT_TRUE(probes->mute(2).has_value());
        write_all_in(ssl, "g", 1);
        read_to_end(second.ssl());
        read_to_end(ssl);
      });
  Options options;
  options.on_ready = [&](ProbeSet& set) { probes = &set; };

  const Seen seen = capture(target, options, counters_);

  EXPECT_THAT(written(seen), ElementsAre("heard!still", "before"));
  EXPECT_GE(counters_[ST_COUNT_SUPPRESSED_SCOPE], 1U);
}

}  // namespace
}  // namespace scopetrace::testing
