// SPDX-License-Identifier: Apache-2.0
// crypto/tls of real Go programs: every byte arrives once and with the connection it went over, by
// whichever thread, wherever the stack was moved to. Both ends are in the traced process.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/privileged/tls_capture_support.h"
#include "tests/support/child.h"
#include "userspace/base/file.h"
#include "userspace/resolve/go_sites.h"

namespace scopetrace::testing {
namespace {

using ::testing::Each;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kProgram[] = SCOPETRACE_TEST_BIN "/scopetrace-go-target";
constexpr char kStripped[] = SCOPETRACE_TEST_BIN "/scopetrace-go-target-stripped";
constexpr std::size_t kMaxProgramBytes = 64 << 20;

// Counts messages in the order of the ring: answers must not come before what they answer.
class OrderWatch {
 public:
  void add(Bytes record) {
    const auto event = ByteReader(record).read<st_tls_event>();
    if (!event || event->header.type != ST_EVENT_TLS) return;
    const std::string_view text = as_text(record.subspan(sizeof(*event), event->chunk_bytes));
    std::int64_t& lead = lead_[event->tls_id];  // messages written more than read
    const auto messages = std::count(text.begin(), text.end(), '<');
    lead += event->direction == ST_EGRESS ? messages : -messages;
    if (lead < 0) read_first_.insert(event->tls_id);
    if (lead > 0) wrote_first_.insert(event->tls_id);
  }
  // TLS objects that had once read more messages than they had written, and the other way round.
  const std::set<std::uint64_t>& read_first() const { return read_first_; }
  const std::set<std::uint64_t>& wrote_first() const { return wrote_first_; }

 private:
  std::map<std::uint64_t, std::int64_t> lead_;
  std::set<std::uint64_t> read_first_;
  std::set<std::uint64_t> wrote_first_;
};

struct GoRun {
  Seen seen;
  OrderWatch order;
  std::uint64_t counted = 0;  // what the scenario said when it was done
};

void attach_go(ProbeSet& probes, const std::string& program) {
  const auto image = read_file(program, kMaxProgramBytes);
  ASSERT_TRUE(image.has_value());
  const GoSites picked = pick_go_sites(as_bytes(*image));
  ASSERT_THAT(picked.sites, Not(IsEmpty()));
  const Result<UniqueFd> file = open_file(program, O_RDONLY);
  ASSERT_TRUE(file.has_value());
  const auto attached = probes.attach_sites(file->get(), picked.sites, {});
  ASSERT_TRUE(attached.has_value()) << attached.error().message();
  ASSERT_EQ(attached->skipped, 0U);
}

// The number behind "done".
std::uint64_t wait_until_done(Child& target) {
  constexpr std::string_view kDone = "done ";
  while (const auto line = target.read_line()) {
    if (line->starts_with(kDone)) return parse_decimal(line->substr(kDone.size())).value_or(0);
  }
  ADD_FAILURE() << target.output();
  return 0;
}

ProbeConfig config_of(const Child& target, const Options& options) {
  ProbeConfig config = config_for(static_cast<std::uint32_t>(target.tgid()), options);
  config.inbound = true;
  config.max_events_per_second = 10'000'000;
  config.max_cpu_percent = 100'000;  // what is not lost here is looked at, not what it costs
  return config;
}

void drain_into(Seen& seen, const ProbeSet& probes) {
  RingConsumer ring(probes.payload_ring_fd(), probes.payload_ring_bytes());
  ring.drain([&seen](Bytes record) { seen.add(record); });
}

// One captured run of a scenario of tests/support/targets/go.
GoRun run_go(const std::vector<std::string>& argv, const Options& options,
             ProbeCounters& counters) {
  GoRun run;
  Child target(argv);
  EXPECT_TRUE(target.wait_for_line("ready")) << target.output();
  auto probes = ProbeSet::load(config_of(target, options));
  EXPECT_TRUE(probes.has_value()) << (probes ? "" : probes.error().message());
  if (!probes) return run;
  EXPECT_TRUE(probes->attach_kernel_probes().has_value());
  attach_go(*probes, argv.front());
  EXPECT_TRUE(probes->resume().has_value());
  target.write_line("go");
  run.counted = wait_until_done(target);
  probes->detach();
  RingConsumer ring(probes->payload_ring_fd(), probes->payload_ring_bytes());
  ring.drain([&run](Bytes record) {
    run.seen.add(record);
    run.order.add(record);
  });
  counters = probes->read_counters().value_or(ProbeCounters{});
  target.close_input();
  EXPECT_EQ(target.wait(), 0);
  return run;
}

// What scenarios.go sends.
std::string message(int port, int round) {
  return "<" + std::to_string(port) + ":" + std::to_string(round) + ">" +
         std::string(100 + static_cast<std::size_t>(round % 7) * 1000, 'x') + ".";
}

std::string messages(int port, int rounds) {
  std::string text;
  for (int round = 0; round < rounds; ++round) text += message(port, round);
  return text;
}

// The port of the client's end of a TLS object's connection; 0: unknown.
int client_port(const Seen& seen, std::uint64_t tls_id) {
  std::uint64_t conn_id = 0;
  for (const auto& peer : seen.peers) {
    if (peer.tls_id == tls_id) conn_id = peer.conn_id;
  }
  for (const auto& connection : seen.connections) {
    if (connection.conn_id != conn_id || connection.state == ST_CONNECTION_CLOSED) continue;
    return connection.role == ST_ROLE_CONNECTED ? connection.local_port : connection.peer_port;
  }
  return 0;
}

// The ports that the messages of a text name.
std::vector<int> named_ports(const std::string& text) {
  std::vector<int> ports;
  for (std::size_t at = text.find('<'); at != text.npos; at = text.find('<', at + 1)) {
    const std::size_t end = std::min(text.find(':', at), text.size());
    ports.push_back(static_cast<int>(parse_decimal(text.substr(at + 1, end - at - 1)).value_or(0)));
  }
  return ports;
}

struct PeerTally {
  std::size_t right = 0;  // messages
  std::size_t wrong = 0;
  std::size_t unknown = 0;
};

PeerTally tally_peers(const Seen& seen) {
  PeerTally tally;
  for (const auto& [key, stream] : seen.streams) {
    const int port = client_port(seen, key.first);
    for (const int named : named_ports(stream.bytes)) {
      if (port == 0) {
        ++tally.unknown;
      } else {
        ++(named == port ? tally.right : tally.wrong);
      }
    }
  }
  return tally;
}

// Each stream holds exactly what its connection carried.
void expect_whole_streams(const Seen& seen, int rounds) {
  for (const auto& [key, stream] : seen.streams) {
    const std::vector<int> ports = named_ports(stream.bytes);
    ASSERT_FALSE(ports.empty());
    EXPECT_TRUE(stream.bytes == messages(ports.front(), rounds)) << "TLS object " << key.first;
    EXPECT_EQ(stream.truncated, 0U);
  }
}

std::vector<int> sources(const Seen& seen) {
  std::vector<int> list;
  for (const auto& peer : seen.peers) list.push_back(peer.source);
  return list;
}

class GoTlsBpfTest : public TlsCaptureBpfTest {
 protected:
  void expect_no_loss() const {
    for (const st_counter counter :
         {ST_COUNT_LOST_RING_EVENTS, ST_COUNT_LOST_BUDGET_EVENTS, ST_COUNT_LOST_FAULT_BYTES,
          ST_COUNT_LOST_STATE_EVENTS, ST_COUNT_TRUNCATED_BYTES, ST_COUNT_SUPPRESSED_SCOPE}) {
      EXPECT_EQ(counters_[counter], 0U) << "counter " << counter;
    }
  }
};

// Two waves of connections, each with two streams at both ends.
constexpr std::size_t kStreamsPerConnection = 2 * 2 * 2;

struct EchoCase {
  const char* name;
  const char* program;
  std::optional<AttachKind> kind;
  const char* scenario;
};
void PrintTo(const EchoCase& row, std::ostream* out) { *out << row.name; }

class GoEchoBpfTest : public GoTlsBpfTest, public ::testing::WithParamInterface<EchoCase> {};

TEST_P(GoEchoBpfTest, CapturesEveryByteWithItsConnection) {
  Options options;
  options.kind = GetParam().kind;

  const GoRun run =
      run_go({GetParam().program, GetParam().scenario, "64", "5"}, options, counters_);

  const PeerTally tally = tally_peers(run.seen);
  EXPECT_EQ(run.seen.streams.size(), 64 * kStreamsPerConnection);
  EXPECT_EQ(tally.right, 64 * kStreamsPerConnection * 5);
  EXPECT_EQ(tally.wrong, 0U);
  EXPECT_EQ(tally.unknown, 0U);
  EXPECT_GT(run.counted, 0U) << "no call changed threads: nothing was shown";
  EXPECT_THAT(sources(run.seen), Each(int{ST_PEER_GO_CONN}));
  expect_whole_streams(run.seen, 5);
  expect_no_loss();
}

INSTANTIATE_TEST_SUITE_P(
    Programs, GoEchoBpfTest,
    ::testing::Values(EchoCase{"WithSymbols", kProgram, std::nullopt, "echo"},
                      EchoCase{"Stripped", kStripped, std::nullopt, "echo"},
                      EchoCase{"ByPerfEvents", kStripped, AttachKind::kPerf, "echo"},
                      EchoCase{"NeverClosed", kProgram, std::nullopt, "unclosed"}),
    [](const auto& test) { return test.param.name; });

TEST_F(GoTlsBpfTest, PairsExchangesOfNetHttp) {
  const GoRun run = run_go({kStripped, "http", "64", "20"}, {}, counters_);

  const PeerTally tally = tally_peers(run.seen);
  EXPECT_EQ(tally.right, 64U * 20 * 4);
  EXPECT_EQ(tally.wrong, 0U);
  EXPECT_EQ(tally.unknown, 0U);
  // An object either asks or answers, all the time.
  std::vector<std::uint64_t> both;
  std::set_intersection(run.order.read_first().begin(), run.order.read_first().end(),
                        run.order.wrote_first().begin(), run.order.wrote_first().end(),
                        std::back_inserter(both));
  EXPECT_THAT(both, IsEmpty());
  expect_no_loss();
}

// The messages of a stream without their padding: `<PORT:ROUND>`.
std::vector<std::string> heads(const Stream& stream) {
  std::vector<std::string> found;
  for (std::size_t at = stream.bytes.find('<'); at != stream.bytes.npos;
       at = stream.bytes.find('<', at + 1)) {
    found.push_back(stream.bytes.substr(at, stream.bytes.find('>', at) + 1 - at));
  }
  return found;
}

TEST_F(GoTlsBpfTest, CopiesTheExchangesOfOneRequestIdOnly) {
  Options options;
  options.configure = [](ProbeConfig& config) { config.requests = {{"x-request-id", "round-7"}}; };

  const GoRun run = run_go({kStripped, "http", "64", "20"}, options, counters_);

  EXPECT_EQ(run.seen.streams.size(), 64U * 4);
  for (const auto& [key, stream] : run.seen.streams) {
    const std::string expected = "<" + std::to_string(client_port(run.seen, key.first)) + ":7>";
    EXPECT_THAT(heads(stream), ::testing::ElementsAre(expected)) << "direction " << key.second;
  }
  EXPECT_GE(counters_[ST_COUNT_SUPPRESSED_SCOPE], 64U * 4 * 19);
  EXPECT_EQ(counters_[ST_COUNT_LOST_STATE_EVENTS], 0U);
}

TEST_F(GoTlsBpfTest, CopiesNothingWithoutTheRequestId) {
  Options options;
  options.configure = [](ProbeConfig& config) { config.requests = {{"x-request-id", "another"}}; };

  const GoRun run = run_go({kStripped, "http", "16", "5"}, options, counters_);

  EXPECT_THAT(run.seen.streams, IsEmpty());
  EXPECT_EQ(counters_[ST_COUNT_BYTES], 0U);
  EXPECT_GE(counters_[ST_COUNT_SUPPRESSED_SCOPE], 16U * 4 * 5) << "no call was seen";
}

class GoSocketsBpfTest : public SocketsBpfTest {};

TEST_P(GoSocketsBpfTest, FindsThePeerBelowAWrapperByItsSocketCalls) {
  const GoRun run = run_go({kProgram, "wrapped", "16", "5"}, options(), counters_);

  const PeerTally tally = tally_peers(run.seen);
  EXPECT_EQ(tally.right, 16 * kStreamsPerConnection * 5);
  EXPECT_EQ(tally.wrong, 0U);
  EXPECT_THAT(sources(run.seen), ::testing::Contains(int{GetParam().source}));
  expect_whole_streams(run.seen, 5);
}

INSTANTIATE_TEST_SUITE_P(Sockets, GoSocketsBpfTest,
                         ::testing::Values(SocketCase{"ByLengths", false, ST_PEER_NESTED_SOCKET},
                                           SocketCase{"BySystemCalls", true,
                                                      ST_PEER_NESTED_SYSCALL}),
                         [](const auto& test) { return test.param.name; });

TEST_F(GoTlsBpfTest, IsNotTakenInByWhatLooksLikeATcpConnection) {
  const GoRun run = run_go({kStripped, "disguised", "16", "5"}, {}, counters_);

  const PeerTally tally = tally_peers(run.seen);
  EXPECT_EQ(tally.right, 16 * kStreamsPerConnection * 5);
  EXPECT_EQ(tally.wrong + tally.unknown, 0U);
}

TEST_F(GoTlsBpfTest, LeavesThePeerBehindARelayUnknown) {
  const GoRun run = run_go({kProgram, "relayed", "16", "5"}, {}, counters_);

  const PeerTally tally = tally_peers(run.seen);
  EXPECT_EQ(tally.right, 16 * kStreamsPerConnection / 2 * 5);  // the server's end has none
  EXPECT_EQ(tally.unknown, 16 * kStreamsPerConnection / 2 * 5);
  EXPECT_EQ(tally.wrong, 0U);
  expect_whole_streams(run.seen, 5);
}

TEST_F(GoTlsBpfTest, TiesNothingWhileTheCallUsesTwoConnections) {
  const GoRun run = run_go({kProgram, "asking", "16", "5"}, {}, counters_);

  const PeerTally tally = tally_peers(run.seen);  // later calls tell
  EXPECT_EQ(tally.right, 16 * kStreamsPerConnection * 5);
  EXPECT_EQ(tally.wrong, 0U);
  EXPECT_THAT(sources(run.seen), Each(int{ST_PEER_GO_CONN}));
  EXPECT_EQ(run.seen.peers.size(), 16U * 2 * 2);  // each object once
  expect_whole_streams(run.seen, 5);
}

TEST_F(GoTlsBpfTest, FollowsABufferOnAStackThatGrows) {
  const GoRun run = run_go({kProgram, "growing", "4", "10"}, {}, counters_);

  EXPECT_GT(run.counted, 0U) << "no stack was moved: nothing was shown";
  const PeerTally tally = tally_peers(run.seen);
  EXPECT_EQ(tally.right, 4U * 10 * 4);
  EXPECT_EQ(tally.wrong + tally.unknown, 0U);
  for (const auto& [key, stream] : run.seen.streams) {
    const std::vector<int> ports = named_ports(stream.bytes);
    ASSERT_FALSE(ports.empty());
    std::string text;
    for (int round = 0; round < 10; ++round) text += message(ports.front(), 0);
    EXPECT_TRUE(stream.bytes == text) << "TLS object " << key.first << ", direction " << key.second;
  }
  expect_no_loss();
}

// Plays `rounds` rounds of the scenario `pending`.
void play(Child& target, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    target.write_line("go on");
    ASSERT_TRUE(target.wait_for_line("round")) << target.output();
  }
}

class GoPendingBpfTest : public GoTlsBpfTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(target_.wait_for_line("ready")) << target_.output();
    auto probes = ProbeSet::load(config_of(target_, {}));
    ASSERT_TRUE(probes.has_value()) << probes.error().message();
    probes_.emplace(std::move(*probes));
    attach();
    ASSERT_TRUE(probes_->resume().has_value());
  }

  void attach() {
    ASSERT_TRUE(probes_->attach_kernel_probes().has_value());
    attach_go(*probes_, kStripped);
  }

  // What the client's end read.
  Stream drain() {
    probes_->detach();
    drain_into(seen_, *probes_);
    counters_ = probes_->read_counters().value_or(ProbeCounters{});
    return seen_.only(ST_INGRESS);
  }

  Child target_{{kStripped, "pending", "1", "100"}};
  std::optional<ProbeSet> probes_;
  Seen seen_;
};

TEST_F(GoPendingBpfTest, RecordsAReadThatWasInProgressAtAttach) {
  play(target_, 1);

  const Stream read = drain();

  ASSERT_THAT(named_ports(read.bytes), ::testing::SizeIs(1));
  EXPECT_EQ(read.bytes, message(named_ports(read.bytes).front(), 0));
  EXPECT_EQ(tally_peers(seen_).right, 2U);
  expect_no_loss();
}

TEST_F(GoPendingBpfTest, ForgetsACallThatReturnedWhileThereWereNoProbes) {
  play(target_, 1);
  probes_->detach();
  play(target_, 1);
  attach();
  play(target_, 1);

  const Stream read = drain();

  ASSERT_THAT(named_ports(read.bytes), ::testing::SizeIs(2));
  const int port = named_ports(read.bytes).front();
  EXPECT_TRUE(read.bytes == message(port, 0) + message(port, 2)) << "bytes of another buffer";
}

}  // namespace
}  // namespace scopetrace::testing
