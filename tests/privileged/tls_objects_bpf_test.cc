// SPDX-License-Identifier: Apache-2.0
// TLS objects come and go, also at the same address: bytes never reach another one's peer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/privileged/tls_capture_support.h"

namespace scopetrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::SizeIs;

// What each object wrote, with the connections it was tied to.
std::map<std::string, std::vector<std::uint64_t>> peers_by_text(const Seen& seen) {
  std::map<std::string, std::vector<std::uint64_t>> found;
  for (const auto& [key, stream] : seen.streams) {
    if (key.second != ST_EGRESS) continue;
    for (const st_tls_peer_event& peer : seen.peers) {
      if (peer.tls_id == key.first) found[stream.bytes].push_back(peer.conn_id);
    }
  }
  return found;
}

TEST_P(SocketsBpfTest, KeepsObjectsAtOneAddressApart) {
  const LoopbackListener peer;
  TlsTarget target(
      [&](SSL*) {
        std::set<const SSL*> addresses;
        for (const char* text : {"first", "second", "third", "fourth"}) {
          const TlsEnd end(peer.connect(), TlsEnd::Role::kClient);
          addresses.insert(end.ssl());
          write_all_in(end.ssl(), text, 16);
        }
        if (addresses.size() == 4) ::_exit(3);  // nothing was shown: no address came again
      },
      [&](SSL* ssl) {
        for (int i = 0; i < 4; ++i) read_to_end(TlsEnd(peer.accept(), TlsEnd::Role::kServer).ssl());
        read_to_end(ssl);
      });

  const Seen seen = capture(target, options(), counters_);

  const auto first = seen.connections.front().conn_id;
  EXPECT_THAT(
      peers_by_text(seen),
      ElementsAre(Pair("first", ElementsAre(first)), Pair("fourth", ElementsAre(first + 3)),
                  Pair("second", ElementsAre(first + 1)), Pair("third", ElementsAre(first + 2))));
}

// Both ends take the same TLS session to another connection: no end of the object is seen.
TEST_P(SocketsBpfTest, GivesAnObjectThatMovesAnotherId) {
  const LoopbackListener peer;
  TlsTarget target(
      [&](SSL* ssl) {
        write_all_in(ssl, "here", 4);
        SSL_set_fd(ssl, ::dup(peer.connect().get()));
        write_all_in(ssl, "there", 5);
      },
      [&](SSL* ssl) {
        std::array<char, 16> buffer{};
        ST_CHECK(SSL_read(ssl, buffer.data(), buffer.size()) == 4);
        const UniqueFd fd = peer.accept();
        ST_CHECK(SSL_set_fd(ssl, fd.get()) == 1);
        EXPECT_EQ(read_to_end(ssl), "there");
      });

  const Seen seen = capture(target, options(), counters_);

  EXPECT_THAT(peers_by_text(seen), ElementsAre(Pair("here", SizeIs(1)), Pair("there", SizeIs(1))));
  EXPECT_NE(peers_by_text(seen)["here"], peers_by_text(seen)["there"]);
  EXPECT_GE(seen.closes.size(), 1U);
}

// Writes one text through memory BIOs and sends the records itself, as asyncio does.
void write_by_memory(SSL* ssl, int fd, const std::string& text) {
  BIO* out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl, BIO_new(BIO_s_mem()), out);
  write_all_in(ssl, text, text.size());
  std::array<char, 4096> records{};
  const int size = BIO_read(out, records.data(), records.size());
  if (::write(fd, records.data(), static_cast<std::size_t>(size)) != size) ::_exit(3);
}

TEST_P(SocketsBpfTest, ForgetsThePeerOfAClearedObject) {
  const LoopbackListener peer;
  TlsTarget target(
      [&](SSL* ssl) {
        write_by_memory(ssl, SSL_get_fd(ssl), "to the first");
        const UniqueFd fd = peer.connect();
        if (SSL_clear(ssl) != 1 || SSL_set_fd(ssl, fd.get()) != 1 || SSL_connect(ssl) != 1) {
          ::_exit(3);
        }
        write_by_memory(ssl, fd.get(), "to the second");
        SSL_set_quiet_shutdown(ssl, 1);
      },
      [&](SSL* ssl) {
        std::array<char, 64> buffer{};
        ST_CHECK(SSL_read(ssl, buffer.data(), buffer.size()) == 12);
        read_to_end(TlsEnd(peer.accept(), TlsEnd::Role::kServer).ssl());
      });

  const Seen seen = capture(target, options(), counters_);

  ASSERT_THAT(peers_by_text(seen),
              ElementsAre(Pair("to the first", SizeIs(1)), Pair("to the second", SizeIs(1))));
  EXPECT_NE(peers_by_text(seen)["to the first"], peers_by_text(seen)["to the second"]);
}

constexpr int kManyConnections = 10'000;
constexpr std::size_t kTextBytes = 8;

// Many TLS connections of one process, without certificates: key exchange costs the most.
class ManyEnds {
 public:
  explicit ManyEnds(const SSL_METHOD* method) : context_(SSL_CTX_new(method)) {
    ST_CHECK(SSL_CTX_set_max_proto_version(context_, TLS1_2_VERSION) == 1);
    ST_CHECK(SSL_CTX_set_cipher_list(context_, "AECDH:@SECLEVEL=0") == 1);
    SSL_CTX_set_mode(context_, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context_, SSL_OP_NO_TICKET);
  }
  ~ManyEnds() {
    for (SSL* ssl : all_) SSL_free(ssl);
    SSL_CTX_free(context_);
  }
  ManyEnds(const ManyEnds&) = delete;
  ManyEnds& operator=(const ManyEnds&) = delete;

  SSL* add(UniqueFd fd) {
    all_.push_back(SSL_new(context_));
    ST_CHECK(SSL_set_fd(all_.back(), fd.get()) == 1);
    fds_.push_back(std::move(fd));
    return all_.back();
  }
  const std::vector<SSL*>& all() const { return all_; }

 private:
  SSL_CTX* context_;
  std::vector<UniqueFd> fds_;
  std::vector<SSL*> all_;
};

std::string text_of(int number) {
  const std::string digits = std::to_string(number);
  return std::string(kTextBytes - digits.size(), '0') + digits;
}

// The target: opens all connections, then writes to each.
void write_to_many(const LoopbackListener& peer) {
  ManyEnds ends(TLS_client_method());
  for (int i = 0; i < kManyConnections; ++i) {
    if (SSL_connect(ends.add(peer.connect())) != 1) ::_exit(3);
  }
  for (int i = 0; i < kManyConnections; ++i) {
    write_all_in(ends.all()[static_cast<std::size_t>(i)], text_of(i), kTextBytes);
  }
}

void read_from_many(const LoopbackListener& peer) {
  ManyEnds ends(TLS_server_method());
  for (int i = 0; i < kManyConnections; ++i) {
    ST_CHECK(SSL_accept(ends.add(peer.accept())) == 1);
  }
  for (SSL* ssl : ends.all()) {
    std::array<char, kTextBytes> buffer{};
    ST_CHECK(SSL_read(ssl, buffer.data(), buffer.size()) == static_cast<int>(buffer.size()));
  }
}

// The state maps hold 16,384 each and drop what was used least: what is lost has to be counted.
TEST_F(TlsCaptureBpfTest, DeliversOrCountsTenThousandConnectionsAtOnce) {
  const rlimit files{kManyConnections + 1000, kManyConnections + 1000};  // of each process
  if (::setrlimit(RLIMIT_NOFILE, &files) != 0) GTEST_SKIP() << "RLIMIT_NOFILE is too low";
  const LoopbackListener peer;
  TlsTarget target([&](SSL*) { write_to_many(peer); },
                   [&](SSL* ssl) {
                     read_from_many(peer);
                     read_to_end(ssl);
                   });
  Options options;
  options.configure = [](ProbeConfig& config) { config.max_events_per_second = 10'000'000; };

  const Seen seen = capture(target, options, counters_);

  const auto found = peers_by_text(seen);
  std::set<std::uint64_t> connections;
  for (const auto& [text, peers] : found) {
    EXPECT_THAT(peers, SizeIs(1)) << text;
    connections.insert(peers.front());
  }
  EXPECT_EQ(connections.size(), found.size());  // no two share a peer
  EXPECT_EQ(found.size() + counters_[ST_COUNT_LOST_STATE_EVENTS], std::size_t{kManyConnections});
}

}  // namespace
}  // namespace scopetrace::testing
