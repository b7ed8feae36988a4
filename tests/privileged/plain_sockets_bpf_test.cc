// SPDX-License-Identifier: Apache-2.0
// Every byte of a socket without TLS is delivered or counted, by whichever call it moved; not a
// byte of one that carries TLS is. Looks at the raw ring, before redaction.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ostream>
#include <string>

#include "tests/privileged/plain_sockets_support.h"

namespace scopetrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class PlainSendsBpfTest : public PlainSocketsBpfTest,
                          public ::testing::WithParamInterface<const char*> {};

TEST_P(PlainSendsBpfTest, DeliversWhatThePeerGot) {
  start();
  connect();

  const long once = call(GetParam());
  const long twice = call(GetParam());

  const int messages = std::string(GetParam()) == "sendmmsg" ? 26 : 1;  // it returns their number
  const Stream stream = finish().only(ST_EGRESS);
  EXPECT_EQ(stream.bytes, receive_at_peer((once + twice) * messages));
  EXPECT_EQ(stream.end, stream.bytes.size());
  EXPECT_THAT(stream.bytes, ::testing::HasSubstr("a text of twenty-six bytes"));
}

INSTANTIATE_TEST_SUITE_P(Calls, PlainSendsBpfTest,
                         ::testing::Values("write", "writev", "pwritev2", "sendto", "sendmsg",
                                           "sendmmsg"),
                         [](const auto& row) { return std::string(row.param); });

class PlainReceivesBpfTest : public PlainSocketsBpfTest,
                             public ::testing::WithParamInterface<const char*> {};

TEST_P(PlainReceivesBpfTest, DeliversWhatThePeerSent) {
  start();
  connect();
  const std::string text = make_pattern(80, 5);

  send_from_peer(text.substr(0, 40));
  ASSERT_GT(call(GetParam()), 0);
  send_from_peer(text.substr(40));
  ASSERT_GT(call(GetParam()), 0);

  EXPECT_EQ(finish().only(ST_INGRESS).bytes, text);
}

INSTANTIATE_TEST_SUITE_P(Calls, PlainReceivesBpfTest,
                         ::testing::Values("read", "readv", "preadv2", "recvfrom", "recvmsg",
                                           "recvmmsg"),
                         [](const auto& row) { return std::string(row.param); });

struct BlindCase {
  const char* call;
  bool sends;
  unsigned flag;
  st_counter counter;
};
void PrintTo(const BlindCase& row, std::ostream* out) { *out << row.call; }

class PlainBlindBpfTest : public PlainSocketsBpfTest,
                          public ::testing::WithParamInterface<BlindCase> {};

TEST_P(PlainBlindBpfTest, LeavesAGapOfTheRightLength) {
  const BlindCase& row = GetParam();
  start();
  connect();
  ASSERT_EQ(call("write"), 26);
  send_from_peer(make_pattern(20, 5));
  ASSERT_EQ(call("read"), 20);

  if (!row.sends) send_from_peer(make_pattern(30, 6));
  ASSERT_GT(call(row.call), 0);
  ASSERT_EQ(call("write"), 26);
  send_from_peer(make_pattern(20, 7));
  ASSERT_EQ(call("read"), 20);

  const Seen seen = finish();
  const st_direction direction = row.sends ? ST_EGRESS : ST_INGRESS;
  const std::string known = row.sends ? "a text of twenty-six bytes" : make_pattern(20, 5);
  ASSERT_EQ(seen.tails.size(), 1U);
  const st_tls_event& gap = seen.tails[0];
  EXPECT_EQ(gap.flags, ST_TLS_LAST | ST_TLS_PLAIN | row.flag);
  EXPECT_EQ(gap.direction, direction);
  EXPECT_EQ(gap.position, known.size());
  EXPECT_EQ(counters_[row.counter], gap.call_bytes);
  const std::string& bytes = seen.only(direction).bytes;
  EXPECT_EQ(bytes.substr(0, known.size()), known);
  EXPECT_EQ(bytes.substr(known.size(), gap.call_bytes), std::string(gap.call_bytes, '\0'));
  EXPECT_EQ(bytes.size(), 2 * known.size() + gap.call_bytes);
}

INSTANTIATE_TEST_SUITE_P(
    Calls, PlainBlindBpfTest,
    ::testing::Values(BlindCase{"sendfile", true, ST_TLS_UNREADABLE, ST_COUNT_UNREADABLE_BYTES},
                      BlindCase{"splice-out", true, ST_TLS_UNREADABLE, ST_COUNT_UNREADABLE_BYTES},
                      BlindCase{"splice-in", false, ST_TLS_UNREADABLE, ST_COUNT_UNREADABLE_BYTES},
                      BlindCase{"zerocopy", true, ST_TLS_UNREADABLE, ST_COUNT_UNREADABLE_BYTES},
                      BlindCase{"truncate", false, ST_TLS_UNREADABLE, ST_COUNT_UNREADABLE_BYTES},
                      BlindCase{"io_uring", true, ST_TLS_IO_URING, ST_COUNT_IO_URING_BYTES}),
    [](const auto& row) {
      std::string name = row.param.call;
      std::erase_if(name, [](char c) { return c == '-' || c == '_'; });
      return name;
    });

TEST_F(PlainSocketsBpfTest, CountsCallsOfIoUring) {
  start();
  connect();

  ASSERT_EQ(call("io_uring"), 1);

  EXPECT_THAT(finish().streams, IsEmpty());
  EXPECT_EQ(counters_[ST_COUNT_IO_URING_CALLS], 1U);
  EXPECT_EQ(counters_[ST_COUNT_IO_URING_BYTES], 26U);
}

TEST_F(PlainSocketsBpfTest, DoesNotRecordWhatIsOnlyLookedAt) {
  start();
  connect();
  send_from_peer(make_pattern(30, 1));

  ASSERT_EQ(call("peek"), 30);
  ASSERT_EQ(call("read"), 30);

  EXPECT_EQ(finish().only(ST_INGRESS).end, 30U);
}

TEST_F(PlainSocketsBpfTest, DeliversTextOfAConnectionThatWasOpen) {
  connect();
  start();

  ASSERT_EQ(call("write"), 26);

  EXPECT_EQ(finish().only(ST_EGRESS).bytes, receive_at_peer(26));
}

TEST_F(PlainSocketsBpfTest, CopiesNothingOfAnOpenConnectionThatMayBeAnything) {
  connect();
  start();
  send_from_peer(std::string("\x00\x01", 2) + make_pattern(30, 2));

  ASSERT_EQ(call("read"), 32);

  EXPECT_THAT(finish().streams, IsEmpty());
  EXPECT_EQ(counters_[ST_COUNT_UNDECIDED_BYTES], 32U);
}

TEST_F(PlainSocketsBpfTest, CopiesNothingBehindTheHelloOfTls) {
  start();
  connect();
  ASSERT_EQ(call("write"), 26);
  send_from_peer(std::string("\x16\x03\x01\x00\x20\x02", 6) + make_pattern(26, 2));

  ASSERT_EQ(call("read"), 32);
  ASSERT_EQ(call("write"), 26);

  const Seen seen = finish();
  EXPECT_EQ(seen.streams.size(), 1U);
  EXPECT_EQ(seen.only(ST_EGRESS).end, 26U);
  ASSERT_EQ(seen.closes.size(), 1U);
  EXPECT_EQ(seen.closes[0].egress_bytes, 26U);
  EXPECT_EQ(seen.closes[0].ingress_bytes, 0U);
}

TEST_F(PlainSocketsBpfTest, CopiesNothingWhilePausedOrMuted) {
  start();
  connect();
  ASSERT_TRUE(probes_->pause());
  ASSERT_EQ(call("write"), 26);
  ASSERT_TRUE(probes_->resume());
  ASSERT_EQ(call("write"), 26);
  ASSERT_TRUE(probes_->mute(1));
  ASSERT_EQ(call("write"), 26);

  const Stream stream = finish().only(ST_EGRESS);
  EXPECT_EQ(stream.calls, 1U);
  EXPECT_EQ(stream.end, 52U);
}

// It may have become TLS.
TEST_F(PlainSocketsBpfTest, DecidesAnewWhatAConnectionCarriesBehindAPause) {
  start();
  connect();
  ASSERT_EQ(call("write"), 26);
  send_from_peer(make_pattern(20, 1));
  ASSERT_EQ(call("read"), 20);
  ASSERT_TRUE(probes_->pause());
  ASSERT_EQ(call("write"), 26);
  ASSERT_TRUE(probes_->resume());
  send_from_peer(std::string("\x00\x01", 2) + make_pattern(30, 2));

  ASSERT_EQ(call("read"), 32);
  ASSERT_EQ(call("write"), 26);

  const Seen seen = finish();
  EXPECT_EQ(counters_[ST_COUNT_UNDECIDED_BYTES], 32U);
  EXPECT_EQ(seen.only(ST_INGRESS).calls, 1U);
  EXPECT_EQ(seen.only(ST_EGRESS).calls, 2U);
  EXPECT_EQ(seen.only(ST_EGRESS).end, 78U);
}

TEST_F(PlainSocketsBpfTest, CountsABatchOfMoreMessagesThanAreRead) {
  start();
  connect();

  ASSERT_EQ(call("sendmmsg-many"), 65);

  EXPECT_THAT(finish().streams, IsEmpty());
  EXPECT_EQ(counters_[ST_COUNT_LOST_STATE_EVENTS], 1U);
}

// Each call of the target is followed by a line on its standard output.
TEST_F(PlainSocketsBpfTest, CountsLogsThatDoNotFitIntoTheRing) {
  start([](ProbeConfig& config) {
    config.plain = false;
    config.logs = true;
    config.ring_bytes = 64 << 10;
    config.max_events_per_second = 1'000'000;
  });
  connect();
  constexpr int kCalls = 300;  // of records of 376 bytes
  for (int i = 0; i < kCalls; ++i) ASSERT_EQ(call("write"), 26);

  const std::size_t told = finish().logs.size();
  EXPECT_LT(told, 200U);
  EXPECT_EQ(counters_[ST_COUNT_LOST_RING_BYTES], (kCalls + 1 - told) * 3);  // "26", and a line end
}

TEST_F(PlainSocketsBpfTest, CountsTheTextsOfCallsAsBytes) {
  const std::size_t path_bytes = file_.size();
  start([&](ProbeConfig& config) {
    config.plain = false;
    config.calls = ST_CALLS_FILES;
    config.max_bytes = ST_CALL_TEXT_MAX + path_bytes;  // room for one when another was told
  });
  connect();
  for (int i = 0; i < 3; ++i) ASSERT_EQ(call("sendfile"), 3000);  // opens the file

  EXPECT_THAT(finish().calls, ::testing::SizeIs(2));
  EXPECT_EQ(counters_[ST_COUNT_BYTES], 2 * path_bytes);
  EXPECT_EQ(counters_[ST_COUNT_LOST_BUDGET_EVENTS], 1U);
}

TEST_F(PlainSocketsBpfTest, CopiesNothingWithoutBudget) {
  start([](ProbeConfig& config) { config.max_bytes = 30; });
  connect();
  ASSERT_EQ(call("writev"), 26);
  ASSERT_EQ(call("writev"), 26);

  EXPECT_EQ(finish().only(ST_EGRESS).end, 26U);
  EXPECT_EQ(counters_[ST_COUNT_LOST_BUDGET_BYTES], 26U);
}

// As on kernels before 6.3.
TEST_F(PlainSocketsBpfTest, LearnsOfSocketsBySystemCalls) {
  start([](ProbeConfig& config) { config.avoid_socket_lengths = true; });
  connect();
  ASSERT_EQ(call("write"), 26);
  ASSERT_EQ(call("sendfile"), 3000);
  ASSERT_EQ(call("writev"), 26);

  const Seen seen = finish();
  EXPECT_EQ(seen.only(ST_EGRESS).end, 3052U);
  ASSERT_EQ(seen.tails.size(), 1U);
  EXPECT_EQ(seen.tails[0].position, 26U);
}

TEST_F(PlainSocketsBpfTest, IsNotAttachedUnlessAsked) {
  start([](ProbeConfig& config) { config.plain = false; });
  connect();
  ASSERT_EQ(call("write"), 26);

  EXPECT_FALSE(probes_->features().plain_sockets);
  const Seen seen = finish();
  EXPECT_THAT(seen.streams, IsEmpty());
  EXPECT_THAT(seen.connections, ::testing::SizeIs(1)) << "no call was seen";
}

// The target has a TLS connection that was open before, and opens another.
TEST_F(TlsCaptureBpfTest, SocketsWithTlsAreNeverCopied) {
  const LoopbackListener peer;
  TlsTarget target(
      [&](SSL* ssl) {
        write_all_in(ssl, make_pattern(50'000, 1), 9'000);
        {
          const TlsEnd second(peer.connect(), TlsEnd::Role::kClient);
          write_all_in(second.ssl(), make_pattern(5'000, 2), 900);
        }
        read_to_end(ssl);
      },
      [&](SSL* ssl) {
        const std::string all = make_pattern(50'000, 3);
        std::string got(50'000, '\0');
        for (int at = 0; at < 50'000;) at += SSL_read(ssl, got.data(), 50'000);
        read_to_end(TlsEnd(peer.accept(), TlsEnd::Role::kServer).ssl());
        write_all_in(ssl, all, all.size());
        SSL_shutdown(ssl);
      });
  Result<ProbeSet> probes = [&] {
    ProbeConfig config = config_for(target.tgid(), Options{});
    config.tls = false;
    config.plain = true;
    return ProbeSet::load(config);
  }();
  ASSERT_TRUE(probes.has_value());
  ASSERT_TRUE(probes->attach_kernel_probes() && probes->resume());

  ASSERT_TRUE(target.run());

  Seen seen;
  RingConsumer ring(probes->payload_ring_fd(), probes->payload_ring_bytes());
  ring.drain([&seen](Bytes record) { seen.add(record); });
  EXPECT_THAT(seen.streams, IsEmpty());
  EXPECT_GE(seen.connections.size(), 2U);
  const ProbeCounters counters = *probes->read_counters();
  EXPECT_EQ(counters[ST_COUNT_BYTES], counters[ST_COUNT_HANDSHAKE_BYTES]);  // names_bpf_test
}

}  // namespace
}  // namespace scopetrace::testing
