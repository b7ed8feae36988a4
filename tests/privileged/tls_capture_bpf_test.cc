// SPDX-License-Identifier: Apache-2.0
// Every byte of a TLS client is delivered or counted; nobody else's is. Looks at the raw ring,
// before redaction. Needs CAP_BPF, CAP_PERFMON and, for the perf rows, CAP_SYS_ADMIN.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <ostream>
#include <string>

#include "tests/privileged/tls_capture_support.h"

namespace scopetrace::testing {
namespace {

struct WriteCase {
  const char* name;
  std::optional<AttachKind> kind;
  std::size_t total;
  std::size_t step;
};
void PrintTo(const WriteCase& row, std::ostream* out) { *out << row.name; }

class WritesBpfTest : public TlsCaptureBpfTest, public ::testing::WithParamInterface<WriteCase> {};

TEST_P(WritesBpfTest, DeliversEveryByteOnce) {
  const WriteCase& row = GetParam();
  if (row.kind && probe_features()->attach_kind > *row.kind) {
    GTEST_SKIP() << "this kernel cannot attach by " << attach_kind_name(*row.kind);
  }
  const std::string text = make_pattern(row.total, 7);
  std::string served;
  TlsTarget target([&](SSL* ssl) { write_all_in(ssl, text, row.step); },
                   [&](SSL* ssl) { served = read_to_end(ssl); });

  Options options;
  options.kind = row.kind;

  const Seen seen = capture(target, options, counters_);

  EXPECT_EQ(served.size(), text.size());
  EXPECT_TRUE(seen.only(ST_EGRESS).bytes == text);
  EXPECT_EQ(counters_[ST_COUNT_BYTES], text.size());
  EXPECT_EQ(seen.tgids.size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(
    Sizes, WritesBpfTest,
    ::testing::Values(WriteCase{"Exactly8192", {}, 8192, 8192},
                      WriteCase{"Exactly16384", {}, 16384, 16384},
                      WriteCase{"OneByteEach", {}, 500, 1},
                      WriteCase{"OneMebibyte", {}, 1 << 20, 16384},
                      WriteCase{"LongCalls", {}, 1 << 20, 100'000},
                      WriteCase{"MultiLinks", AttachKind::kMulti, 100'000, 5'000},
                      WriteCase{"PerfEvents", AttachKind::kPerf, 100'000, 5'000}),
    [](const auto& row) { return row.param.name; });

TEST_F(TlsCaptureBpfTest, DeliversEveryByteRead) {
  const std::string text = make_pattern(300'000, 9);
  TlsTarget target([](SSL* ssl) { read_to_end(ssl); },
                   [&](SSL* ssl) {
                     write_all_in(ssl, text, 16384);
                     SSL_shutdown(ssl);
                   });

  const Seen seen = capture(target, Options{}, counters_);

  EXPECT_TRUE(seen.only(ST_INGRESS).bytes == text);
}

TEST_F(TlsCaptureBpfTest, StatesTheTrueLengthOfATruncatedCall) {
  const std::string text = make_pattern(400'000, 11);
  TlsTarget target([&](SSL* ssl) { write_all_in(ssl, text, text.size()); },
                   [](SSL* ssl) { read_to_end(ssl); });

  const Stream stream = capture(target, Options{}, counters_).only(ST_EGRESS);

  EXPECT_EQ(stream.truncated, 1U);
  EXPECT_EQ(stream.end, text.size());
  EXPECT_TRUE(stream.bytes == text.substr(0, ST_CALL_BYTES_MAX));
  EXPECT_EQ(counters_[ST_COUNT_TRUNCATED_BYTES], text.size() - ST_CALL_BYTES_MAX);
}

TEST_F(TlsCaptureBpfTest, ReadsTheCountOfExVariants) {
  const std::string text = make_pattern(5000, 13);
  TlsTarget target(
      [&](SSL* ssl) {
        std::size_t moved = 0;
        std::string back(2000, '\0');
        if (SSL_write_ex(ssl, text.data(), text.size(), &moved) != 1) ::_exit(3);
        if (SSL_read_ex(ssl, back.data(), back.size(), &moved) != 1) ::_exit(4);
      },
      [&](SSL* ssl) {
        write_all_in(ssl, text.substr(0, 2000), 2000);
        read_to_end(ssl);
      });

  const Seen seen = capture(target, Options{}, counters_);

  EXPECT_TRUE(seen.only(ST_EGRESS).bytes == text);
  EXPECT_TRUE(seen.only(ST_INGRESS).bytes == text.substr(0, 2000));
}

TEST_F(TlsCaptureBpfTest, DoesNotRecordPeek) {
  TlsTarget target(
      [](SSL* ssl) {
        std::array<char, 64> buffer{};
        if (SSL_peek(ssl, buffer.data(), 64) <= 0) ::_exit(3);
        read_to_end(ssl);
      },
      [](SSL* ssl) {
        write_all_in(ssl, make_pattern(64, 15), 64);
        SSL_shutdown(ssl);
      });

  const Seen seen = capture(target, Options{}, counters_);

  EXPECT_EQ(seen.only(ST_INGRESS).end, 64U);
}

TEST_F(TlsCaptureBpfTest, SettlesPartialWritesAndRetries) {
  const std::string text = make_pattern(8 << 20, 17);
  std::string served;
  TlsTarget target(
      [&](SSL* ssl) {
        SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE);
        const int fd = SSL_get_fd(ssl);
        ::fcntl(fd, F_SETFL, O_NONBLOCK);
        for (std::size_t at = 0; at < text.size();) {
          const auto size = static_cast<int>(std::min<std::size_t>(60'000, text.size() - at));
          const int wrote = SSL_write(ssl, text.data() + at, size);
          if (wrote > 0) at += static_cast<std::size_t>(wrote);
        }
        ::fcntl(fd, F_SETFL, 0);
      },
      [&](SSL* ssl) { served = read_to_end(ssl); });

  const Stream stream = capture(target, Options{}, counters_).only(ST_EGRESS);

  EXPECT_EQ(served.size(), text.size());
  EXPECT_EQ(counters_[ST_COUNT_BYTES] + counters_[ST_COUNT_LOST_BUDGET_BYTES] +
                counters_[ST_COUNT_LOST_RING_BYTES] + counters_[ST_COUNT_LOST_FAULT_BYTES],
            text.size());
}

TEST_P(SocketsBpfTest, TiesTheObjectToItsSocket) {
  TlsTarget target([](SSL* ssl) { write_all_in(ssl, make_pattern(100, 19), 100); },
                   [](SSL* ssl) { read_to_end(ssl); });

  const Seen seen = capture(target, options(), counters_);

  ASSERT_EQ(seen.peers.size(), 1U);
  ASSERT_GE(seen.connections.size(), 1U);
  EXPECT_EQ(seen.peers[0].source, GetParam().source);
  EXPECT_EQ(seen.peers[0].conn_id, seen.connections[0].conn_id);
  EXPECT_EQ(seen.connections[0].state, ST_CONNECTION_SEEN);
  EXPECT_EQ(seen.connections[0].role, ST_ROLE_CONNECTED);
  ASSERT_EQ(seen.closes.size(), 1U);
  EXPECT_EQ(seen.closes[0].egress_bytes, 100U);
}

TEST_F(TlsCaptureBpfTest, DeliversNothingBeforeResume) {
  TlsTarget target([](SSL* ssl) { write_all_in(ssl, make_pattern(100, 21), 100); },
                   [](SSL* ssl) { read_to_end(ssl); });
  Options paused;
  paused.resume = false;

  const Seen seen = capture(target, paused, counters_);

  EXPECT_TRUE(seen.tgids.empty());
  EXPECT_EQ(counters_[ST_COUNT_SUPPRESSED_SCOPE], 1U);
}

TEST_F(TlsCaptureBpfTest, DeliversNothingAfterTheDeadline) {
  TlsTarget target([](SSL* ssl) { write_all_in(ssl, make_pattern(100, 23), 100); },
                   [](SSL* ssl) { read_to_end(ssl); });
  Options expired;
  expired.session_ns = 1;

  const Seen seen = capture(target, expired, counters_);

  EXPECT_TRUE(seen.tgids.empty());
  EXPECT_GE(counters_[ST_COUNT_SUPPRESSED_DEADLINE], 1U);
}

TEST_F(TlsCaptureBpfTest, LeavesAnotherProcessAlone) {
  TlsTarget bystander([](SSL* ssl) { write_all_in(ssl, make_pattern(9000, 25), 9000); },
                      [](SSL* ssl) { read_to_end(ssl); });
  TlsTarget target([](SSL* ssl) { write_all_in(ssl, "only this", 9); },
                   [&](SSL* ssl) {
                     EXPECT_TRUE(bystander.run());
                     read_to_end(ssl);
                   });
  const std::uint32_t tgid = target.tgid();

  const Seen seen = capture(target, Options{}, counters_);

  EXPECT_THAT(seen.tgids, ::testing::ElementsAre(tgid));
  EXPECT_EQ(seen.only(ST_EGRESS).bytes, "only this");
}

// Sends `text` through memory BIOs, as asyncio and node do: the socket write is the caller's.
void write_through_memory(SSL* ssl, const std::string& text) {
  const int fd = SSL_get_fd(ssl);
  BIO* out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl, BIO_new(BIO_s_mem()), out);
  write_all_in(ssl, text, text.size());
  std::array<char, 4096> records{};
  const int size = BIO_read(out, records.data(), static_cast<int>(records.size()));
  if (::write(fd, records.data(), static_cast<std::size_t>(size)) != size) ::_exit(3);
}

TEST_P(SocketsBpfTest, TiesAMemoryBioByItsRecords) {
  TlsTarget target([](SSL* ssl) { write_through_memory(ssl, make_pattern(700, 27)); },
                   [](SSL* ssl) { read_to_end(ssl); });

  const Seen seen = capture(target, options(), counters_);

  ASSERT_EQ(seen.peers.size(), 1U);
  EXPECT_EQ(seen.peers[0].source, ST_PEER_RECORD_HEADER);
  ASSERT_EQ(seen.connections.empty(), false);
  EXPECT_EQ(seen.peers[0].conn_id, seen.connections[0].conn_id);
}

TEST_P(SocketsBpfTest, LeavesAMemoryBioUnknownWhenOtherBytesFollow) {
  TlsTarget target(
      [](SSL* ssl) {
        const int fd = SSL_get_fd(ssl);
        SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        write_all_in(ssl, make_pattern(700, 29), 700);
        const std::string other = std::string("\x17\x03\x03\x00\x20", 5) + make_pattern(32, 31);
        if (::write(fd, other.data(), other.size()) <= 0) ::_exit(3);
      },
      [](SSL* ssl) { read_to_end(ssl); });

  const Seen seen = capture(target, options(), counters_);

  EXPECT_TRUE(seen.peers.empty());
  EXPECT_EQ(seen.only(ST_EGRESS).end, 700U);
}

INSTANTIATE_TEST_SUITE_P(Sources, SocketsBpfTest,
                         ::testing::Values(SocketCase{"SocketLengths", false,
                                                      ST_PEER_NESTED_SOCKET},
                                           SocketCase{"SystemCalls", true, ST_PEER_NESTED_SYSCALL}),
                         [](const auto& row) { return row.param.name; });

TEST_F(TlsCaptureBpfTest, ClosesTheScopeAtExec) {
  TlsTarget target(
      [](SSL* ssl) {
        write_all_in(ssl, "before", 6);
        ::execl("/bin/true", "true", nullptr);
        ::_exit(3);
      },
      [](SSL* ssl) { read_to_end(ssl); });

  const Seen seen = capture(target, Options{}, counters_);

  ASSERT_EQ(seen.processes.size(), 1U);  // no EXIT: what runs now is nobody's to watch
  EXPECT_EQ(seen.processes[0].header.type, ST_EVENT_EXEC);
  EXPECT_EQ(seen.only(ST_EGRESS).bytes, "before");
}

struct ChildCase {
  const char* name;
  bool children;
  std::size_t processes;  // whose bytes are captured
};
void PrintTo(const ChildCase& row, std::ostream* out) { *out << row.name; }

class ChildrenBpfTest : public TlsCaptureBpfTest,
                        public ::testing::WithParamInterface<ChildCase> {};

TEST_P(ChildrenBpfTest, FollowsForkOnlyWhenApproved) {
  TlsTarget target(
      [](SSL* ssl) {
        write_all_in(ssl, "parent", 6);
        const pid_t child = ::fork();
        if (child == 0) {
          write_all_in(ssl, "child", 5);
          ::_exit(0);
        }
        ::waitpid(child, nullptr, 0);
        ::_exit(0);
      },
      [](SSL* ssl) { read_to_end(ssl); });
  Options options;
  options.configure = [](ProbeConfig& config) { config.children = GetParam().children; };

  const Seen seen = capture(target, options, counters_);

  EXPECT_EQ(seen.streams.size(), GetParam().processes);
  EXPECT_EQ(seen.tgids.size(), GetParam().processes);
}

INSTANTIATE_TEST_SUITE_P(Fork, ChildrenBpfTest,
                         ::testing::Values(ChildCase{"NotApproved", false, 1},
                                           ChildCase{"Approved", true, 2}),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace scopetrace::testing
