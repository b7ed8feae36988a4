// SPDX-License-Identifier: Apache-2.0
// Request scope on a connection whose calls are not all looked at: what nobody judged opens no
// window and leaves none open.
#include <bpf/bpf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>

#include "tests/privileged/plain_sockets_support.h"

namespace scopetrace::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kOurs[] = "say GET /ours HTTP/1.1|X-Request-Id: req-4711||";
constexpr char kOther[] = "say GET /other HTTP/1.1|X-Request-Id: req-4712||";
constexpr char kAnswer[] = "HTTP/1.1 204 No Content\r\n\r\n";
constexpr char kText[] = "a text of twenty-six bytes";  // what calls without a text send

// What `say` sends.
std::string said(std::string_view line) {
  std::string text;
  for (const char c : line.substr(4)) text += c == '|' ? std::string("\r\n") : std::string(1, c);
  return text;
}

// Entries of the map of header blocks that are not whole, among the maps of this process.
int kept_heads() {
  constexpr int kDescriptors = 1024;
  for (int fd = 0; fd < kDescriptors; ++fd) {
    bpf_map_info info{};
    __u32 size = sizeof(info);
    if (bpf_obj_get_info_by_fd(fd, &info, &size) != 0) continue;
    if (std::string_view(info.name) != "st_heads") continue;
    int count = 0;
    std::uint64_t key = 0;
    for (void* last = nullptr; bpf_map_get_next_key(fd, last, &key) == 0; last = &key) ++count;
    return count;
  }
  return -1;
}

class PlainRequestScopeBpfTest : public PlainSocketsBpfTest {
 protected:
  void begin(const std::function<void(ProbeConfig&)>& configure = [](ProbeConfig&) {}) {
    start([&](ProbeConfig& config) {
      config.requests = {{"x-request-id", "req-4711"}};
      configure(config);
    });
    connect();
  }
  void ask(const std::string& line) { ASSERT_EQ(call(line), static_cast<long>(said(line).size())); }
  void answer(const std::string& text = kAnswer) {
    send_from_peer(text);
    ASSERT_EQ(call("read"), static_cast<long>(text.size()));
  }
  // Asks and is answered.
  void exchange(const std::string& line) {
    ask(line);
    answer();
  }
  std::string copied() {
    const Seen& seen = drain();
    return seen.only(ST_EGRESS).present() + seen.only(ST_INGRESS).present();
  }
  // Lines that the target printed and that were told: it prints one behind each call.
  std::size_t told_logs() { return drain().logs.size(); }
};

TEST_F(PlainRequestScopeBpfTest, CopiesTheRequestAndItsAnswerOnly) {
  begin();

  for (const char* line : {kOther, kOurs, kOther}) exchange(line);

  EXPECT_EQ(copied(), said(kOurs) + kAnswer);
  EXPECT_GE(counters_[ST_COUNT_SUPPRESSED_SCOPE], 4U);
}

TEST_F(PlainRequestScopeBpfTest, ClosesTheWindowWhenCallsWentByInAPause) {
  begin();
  exchange(kOurs);

  ASSERT_TRUE(probes_->pause());
  ask(kOther);
  ASSERT_TRUE(probes_->resume());
  answer();

  EXPECT_EQ(copied(), said(kOurs) + kAnswer);
}

TEST_F(PlainRequestScopeBpfTest, TellsThatAWindowHasClosedOnceItMay) {
  begin();
  exchange(kOurs);
  ASSERT_TRUE(probes_->pause());
  exchange(kOther);
  ASSERT_TRUE(probes_->resume());

  exchange(kOther);

  const Seen seen = finish();
  ASSERT_THAT(seen.windows, SizeIs(2));
  EXPECT_EQ(seen.windows[1].kind, ST_WINDOW_NONE);
  EXPECT_EQ(seen.windows[1].position[ST_EGRESS], said(kOurs).size() + said(kOther).size());
}

TEST_F(PlainRequestScopeBpfTest, OpensNoWindowOverAHeadThatWasInterrupted) {
  const std::string line = kOurs;
  begin();
  ask(line.substr(0, 20));
  ASSERT_TRUE(probes_->pause());
  ask("say A: b|");
  ASSERT_TRUE(probes_->resume());

  ask("say " + line.substr(20));
  answer();

  EXPECT_EQ(copied(), "");
}

TEST_F(PlainRequestScopeBpfTest, JoinsAHeadThatWasNotInterrupted) {
  const std::string line = kOurs;
  begin();
  ask(line.substr(0, 20));

  ask("say " + line.substr(20));
  answer();

  EXPECT_EQ(copied(), said(kOurs) + kAnswer);
}

TEST_F(PlainRequestScopeBpfTest, DropsAHeadWhenTheConnectionTurns) {
  const std::string line = kOurs;
  begin();
  ask(line.substr(0, 20));
  EXPECT_EQ(kept_heads(), 1);
  answer();
  EXPECT_EQ(kept_heads(), 0);

  ask("say " + line.substr(20));

  EXPECT_EQ(copied(), "");
}

TEST_F(PlainRequestScopeBpfTest, KeepsNoHeadOfAConnectionThatHasClosed) {
  begin();
  ask(std::string(kOurs).substr(0, 20));
  EXPECT_EQ(kept_heads(), 1);

  target_->close_input();
  EXPECT_EQ(target_->wait(), 0);
  EXPECT_EQ(receive_at_peer(1000).size(), 16U);  // up to the end of the connection
  peer_ = UniqueFd();

  EXPECT_EQ(kept_heads(), 0);
}

TEST_F(PlainRequestScopeBpfTest, DoesNotJudgeABatch) {
  begin();
  exchange(kOurs);

  ASSERT_EQ(call("sendmmsg"), 2);
  answer();

  EXPECT_EQ(copied(), said(kOurs) + kAnswer);
  EXPECT_EQ(counters_[ST_COUNT_SUPPRESSED_SCOPE], 2U);
}

TEST_F(PlainRequestScopeBpfTest, JudgesABatchOfOne) {
  begin();
  exchange(kOurs);

  ASSERT_EQ(call("sendmmsg-one"), 1);
  answer();

  EXPECT_EQ(copied(), said(kOurs) + kText + kAnswer + kAnswer);
}

TEST_F(PlainRequestScopeBpfTest, ClosesTheWindowWhenIoUringMovesARequest) {
  begin();
  exchange(kOurs);

  ASSERT_EQ(call("io_uring"), 1);
  answer();

  const Seen seen = finish();
  EXPECT_EQ(seen.only(ST_EGRESS).present(), said(kOurs));
  EXPECT_EQ(seen.only(ST_INGRESS).present(), kAnswer);
  EXPECT_THAT(seen.tails, IsEmpty());
}

// As on kernels before 6.3, where nobody sees what io_uring moves.
TEST_F(PlainRequestScopeBpfTest, ClosesTheWindowWhenIoUringMovesWhatNobodySees) {
  begin([](ProbeConfig& config) { config.avoid_socket_lengths = true; });
  exchange(kOurs);

  ASSERT_EQ(call("io_uring"), 1);
  answer();

  EXPECT_EQ(copied(), said(kOurs) + kAnswer);
}

TEST_F(PlainSocketsBpfTest, TellsNoGapOfIoUringOnAMutedConnection) {
  start();
  connect();
  ASSERT_EQ(call("write"), 26);
  ASSERT_EQ(call("io_uring"), 1);
  EXPECT_THAT(drain().tails, SizeIs(1));

  ASSERT_TRUE(probes_->mute(1));
  ASSERT_EQ(call("io_uring"), 1);

  EXPECT_THAT(drain().tails, SizeIs(1));
  EXPECT_EQ(counters_[ST_COUNT_IO_URING_BYTES], 2 * 26U);
}

// The target answers here.
TEST_F(PlainRequestScopeBpfTest, KeepsTheWindowOverAnAnswerThatIsNotReadable) {
  begin();
  answer(said(kOurs));

  ASSERT_EQ(call("sendfile"), 3000);
  ask("say and a text behind it");
  answer(said(kOther));
  ask("say HTTP/1.1 200 OK|");

  const Seen seen = finish();
  EXPECT_EQ(seen.only(ST_INGRESS).present(), said(kOurs));
  EXPECT_EQ(seen.only(ST_EGRESS).present(), "and a text behind it");
  ASSERT_THAT(seen.tails, SizeIs(1));
  EXPECT_EQ(seen.tails[0].call_bytes, 3000U);
}

TEST_F(PlainRequestScopeBpfTest, ClosesTheWindowBehindARequestThatIsNotReadable) {
  begin();
  exchange(kOurs);

  ASSERT_EQ(call("sendfile"), 3000);
  answer();

  EXPECT_EQ(copied(), said(kOurs) + kAnswer);
  EXPECT_THAT(drain().tails, IsEmpty());
}

TEST_F(PlainRequestScopeBpfTest, OpensNoWindowThatCouldNotBeTold) {
  constexpr std::size_t kSmallRing = 64 << 10;
  begin([](ProbeConfig& config) {
    config.ring_bytes = kSmallRing;
    config.max_events_per_second = 1'000'000;
  });
  constexpr int kRounds = 300;  // of at least two records of 72 bytes and two of 328
  for (int round = 0; round < kRounds; ++round) {
    exchange(kOther);
    exchange(kOurs);
  }
  drain();
  ASSERT_GT(counters_[ST_COUNT_LOST_RING_EVENTS], 0U);
  const std::size_t before = copied().size();

  answer("more");  // of a request whose window was not told

  EXPECT_EQ(copied().size(), before);
  exchange(kOurs);
  EXPECT_EQ(copied().size(), before + said(kOurs).size() + std::string(kAnswer).size());
}

TEST_F(PlainRequestScopeBpfTest, FollowsAThreadUntilItAnswers) {
  begin([](ProbeConfig& config) { config.logs = true; });
  answer(said(kOther));
  EXPECT_EQ(told_logs(), 0U);
  answer(said(kOurs));
  EXPECT_EQ(told_logs(), 1U);
  answer("GETTING a body that looks like a request");  // the connection has not turned
  EXPECT_EQ(told_logs(), 2U);

  ask("say HTTP/1.1 204 No Content||");

  EXPECT_EQ(told_logs(), 2U);
}

TEST_F(PlainRequestScopeBpfTest, FollowsNoThreadThatHasAnsweredInAPause) {
  begin([](ProbeConfig& config) { config.logs = true; });
  answer(said(kOurs));
  EXPECT_EQ(told_logs(), 1U);

  ASSERT_TRUE(probes_->pause());
  ask("say HTTP/1.1 204 No Content||");
  ASSERT_TRUE(probes_->resume());
  ask("say ");  // moves nothing, but its line is a log

  EXPECT_EQ(told_logs(), 1U);
}

// Two connections, on which the target answers.
TEST_F(PlainRequestScopeBpfTest, FollowsAThreadAgainThatHasAnsweredAll) {
  begin([](ProbeConfig& config) { config.logs = true; });
  answer(said(kOurs));
  EXPECT_EQ(told_logs(), 1U);
  UniqueFd first = std::move(peer_);
  ASSERT_EQ(call("switch"), 1);
  connect();
  const std::size_t alone = told_logs();
  EXPECT_EQ(alone, 3U);

  answer(said(kOurs));  // whose the next calls are, nobody knows
  ask("say HTTP/1.1 204 No Content||");
  ASSERT_EQ(call("switch"), 0);
  EXPECT_EQ(told_logs(), alone);
  ask("say HTTP/1.1 204 No Content||");
  peer_ = std::move(first);
  answer(said(kOurs));

  EXPECT_EQ(told_logs(), alone + 1);
}

struct CallCase {
  const char* name;
  bool ipv4;
  std::size_t told;
};
void PrintTo(const CallCase& row, std::ostream* out) { *out << row.name; }

class PlainCallsBpfTest : public PlainSocketsBpfTest,
                          public ::testing::WithParamInterface<CallCase> {};

TEST_P(PlainCallsBpfTest, AreToldOfApprovedConnectionsOnly) {
  start([](ProbeConfig& config) {
    config.calls = ST_CALLS_SOCKETS;
    config.ipv4 = GetParam().ipv4;
  });

  connect();

  EXPECT_THAT(finish().calls, SizeIs(GetParam().told));
}

INSTANTIATE_TEST_SUITE_P(Families, PlainCallsBpfTest,
                         ::testing::Values(CallCase{"Approved", true, 1},
                                           CallCase{"NotApproved", false, 0}),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace scopetrace::testing
