// SPDX-License-Identifier: Apache-2.0
// What is copied of handshakes, and that nothing else of those connections is. Looks at the raw
// ring, before redaction.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/privileged/names_support.h"
#include "tests/support/certificate.h"

namespace scopetrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

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
  EXPECT_EQ(only(seen).flags, ST_HANDSHAKE_SERVER | ST_HANDSHAKE_LAST | ST_HANDSHAKE_CUT);
  EXPECT_EQ(counters_[ST_COUNT_LOST_BUDGET_BYTES], kHello.size());
}

// One call takes more messages than are looked at, in the middle of a record.
TEST_F(NamesBpfTest, CopiesNothingBehindBytesThatNobodySaw) {
  constexpr unsigned kMessages = 70;
  const std::string rest = std::string(20, 'a') + record(0x17, kMarker);
  const std::string answer =
      record(0x16, message(2, "\3\3" + std::string(kMessages + 4, 'a')) + std::string(20, 'a'));
  const std::string sent = answer + record(0x17, kMarker);
  const auto hear_unseen = [](const UniqueFd& fd) {
    char byte = 0;
    iovec part{&byte, 1};
    mmsghdr headers[kMessages] = {};
    for (mmsghdr& header : headers) {
      header.msg_hdr.msg_iov = &part;
      header.msg_hdr.msg_iovlen = 1;
    }
    if (::recvmmsg(fd.get(), headers, kMessages, 0, nullptr) != int{kMessages}) ::_exit(7);
  };
  const Seen seen = run(
      [&](const UniqueFd& fd) {
        say(fd, kClientFlight);
        hear(fd, sent.size() - kMessages - rest.size());
        hear_unseen(fd);
        hear(fd, rest.size());
      },
      [&](const UniqueFd& fd) {
        hear(fd, kClientFlight.size());
        say(fd, sent);
      });

  EXPECT_THAT(only(seen).flights[1], ::testing::StartsWith("\2"));
  EXPECT_EQ(only(seen).flags, ST_HANDSHAKE_SERVER | ST_HANDSHAKE_LAST | ST_HANDSHAKE_CUT);
  EXPECT_THAT(everything_, Not(HasSubstr(kMarker)));
}

// The answer to a hello, and one record of application data.
void answer_hello(const UniqueFd& fd, std::size_t hello_bytes) {
  hear(fd, hello_bytes);
  say(fd, record(0x16, kAnswer) + record(0x17, "x"));
}
constexpr std::size_t kAnswered = 5 + 4 + 52 + 5 + 1;

TEST_F(NamesBpfTest, SaysThatAHelloInTooManyPartsIsCut) {
  std::string flight = kClientFlight;
  const Seen seen = run(
      [&](const UniqueFd& fd) {
        constexpr int kParts = 9;
        iovec parts[kParts];
        for (int i = 0; i + 1 < kParts; ++i) parts[i] = {flight.data() + 6 * i, 6};
        parts[kParts - 1] = {flight.data() + 48, flight.size() - 48};
        if (::writev(fd.get(), parts, kParts) <= 0) ::_exit(4);
        hear(fd, kAnswered);
      },
      [&](const UniqueFd& fd) { answer_hello(fd, flight.size()); });

  EXPECT_EQ(only(seen).flights[0], kHello.substr(0, 48 - 5));
  EXPECT_EQ(only(seen).flights[1], kAnswer);
  EXPECT_EQ(only(seen).flags, ST_HANDSHAKE_SERVER | ST_HANDSHAKE_LAST | ST_HANDSHAKE_CUT);
}

TEST_F(NamesBpfTest, CountsWhatIsCutOfALongHello) {
  const std::string hello = message(1, "\3\3" + std::string(20'000, 'h'));
  const std::string flight =
      record(0x16, hello.substr(0, 10'000)) + record(0x16, hello.substr(10'000));
  const Seen seen = run(
      [&](const UniqueFd& fd) {
        say(fd, flight);
        hear(fd, kAnswered);
      },
      [&](const UniqueFd& fd) { answer_hello(fd, flight.size()); });

  EXPECT_EQ(only(seen).flights[0], hello.substr(0, 10'000));
  EXPECT_EQ(only(seen).flags, ST_HANDSHAKE_SERVER | ST_HANDSHAKE_LAST | ST_HANDSHAKE_CUT);
  EXPECT_EQ(counters_[ST_COUNT_TRUNCATED_BYTES], std::uint64_t{ST_HANDSHAKE_CHUNK_BYTES});
}

}  // namespace
}  // namespace scopetrace::testing
