// SPDX-License-Identifier: Apache-2.0
// The redactor's loop against an in-memory ring and a real channel; the test plays capture.
#include "userspace/session/redact/redact_loop.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <zstd.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "tests/support/event_builder.h"
#include "tests/support/fake_ring.h"
#include "userspace/base/clock.h"
#include "userspace/redact/rules/rules.h"

namespace scopetrace {
namespace {

constexpr std::size_t kRingBytes = 1 << 16;
constexpr const char* kRotated = "{\"type\":\"rotated\"}\n";  // among the lines, where it came

std::string decompress(const ByteVector& frame, std::size_t raw_bytes) {
  std::string text(raw_bytes, '\0');
  const std::size_t size = ZSTD_decompress(text.data(), text.size(), frame.data(), frame.size());
  return ZSTD_isError(size) ? "" : text;
}

class RedactLoopTest : public testing::Test {
 protected:
  RedactLoopTest() {
    auto pair = make_channel();
    capture_ = std::move(pair->first);
    redact_ = std::move(pair->second);
  }

  void send(const ToRedact& message) { ASSERT_TRUE(send_message(capture_.get(), message)); }

  void configure(const RedactConfig& config, Bytes rules = standard_profile()) {
    send(ConfigMessage{format_redact_config(config)});
    auto memory = make_sealed_memfd("rules", {&rules, 1});
    ASSERT_TRUE(memory);
    send(RulesMessage{std::move(*memory), static_cast<std::uint32_t>(rules.size())});
  }

  // Runs the loop to its end and collects what it sent.
  RedactEnd run() {
    RedactEnd end{};
    std::thread loop([&] { end = RedactLoop(ring_.memory(), redact_.get()).run(); });
    while (!done_) receive_one();
    loop.join();
    return end;
  }

  std::vector<nlohmann::json> lines() const {
    std::vector<nlohmann::json> parsed;
    std::istringstream stream(text_);
    for (std::string line; std::getline(stream, line);)
      parsed.push_back(nlohmann::json::parse(line));
    return parsed;
  }

  FakeRing ring_{kRingBytes};
  UniqueFd capture_;
  UniqueFd redact_;
  std::optional<DoneMessage> done_;
  std::string text_;  // all frames, decompressed
  std::size_t leaves_ = 0;

 private:
  void receive_one() {
    pollfd channel{.fd = capture_.get(), .events = POLLIN, .revents = 0};
    poll(&channel, 1, -1);
    auto received = receive_from_redact(capture_.get());
    ASSERT_TRUE(received);
    if (received->state != ReceiveState::kMessage) return;
    if (auto* frame = std::get_if<FrameMessage>(&*received->message)) {
      const auto data = read_frame(*frame);
      ASSERT_TRUE(data);
      text_ += decompress(data->compressed, data->raw_bytes);
      leaves_ += data->leaves.size();
    }
    if (std::holds_alternative<RotatedMessage>(*received->message)) text_ += kRotated;
    if (auto* done = std::get_if<DoneMessage>(&*received->message)) done_ = std::move(*done);
  }
};

RedactConfig any_config() {
  RedactConfig config;
  config.leaf_salt = sha256(as_bytes("salt"));
  config.level = "redacted";
  config.third_parties = {"any"};
  config.requests = {"any"};
  config.families = {"tls", "sockets", "process"};
  return config;
}

// Built from parts, so that no token stands in this file.
std::string planted_key() { return std::string("sk_") + "live_51" + std::string(97, 'Q'); }

void add_exchange(FakeRing& ring) {
  const std::string request =
      "GET /v1/charges HTTP/1.1\r\nHost: api.vendor.example\r\n"
      "Authorization: Bearer " +
      planted_key() + "\r\n\r\n";
  const std::string response = "HTTP/1.1 402 Payment Required\r\nContent-Length: 2\r\n\r\n{}";
  ring.add(TlsCallBuilder(request).time(boottime_ns()).record());
  ring.add(TlsCallBuilder(response).time(boottime_ns()).direction(ST_INGRESS).record());
}

TEST_F(RedactLoopTest, TurnsRecordsIntoRedactedLines) {
  configure(any_config());
  add_exchange(ring_);
  send(StopMessage{});

  ASSERT_EQ(run(), RedactEnd::kStopped);
  const auto all = lines();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0]["type"], "http");
  EXPECT_EQ(all[0]["response"]["status"], 402);
  EXPECT_EQ(text_.find(planted_key()), std::string::npos);
  EXPECT_NE(text_.find("[REDACTED:"), std::string::npos);
  EXPECT_EQ(leaves_, 1U);
  EXPECT_EQ(done_->stats.records, 2U);
  EXPECT_GE(done_->claimed.redactions, 1U);
  EXPECT_EQ(done_->stats.leak_guard_hits, 0U);
}

std::string standard_and_pci() {
  return std::string(as_text(standard_profile())) + std::string(as_text(builtin_profile("pci")));
}

TEST_F(RedactLoopTest, TakesComposedProfilesFromOneText) {
  RedactConfig config = any_config();
  config.redaction = "standard+pci";
  configure(config, as_bytes(standard_and_pci()));
  add_exchange(ring_);
  send(StopMessage{});

  EXPECT_EQ(run(), RedactEnd::kStopped);
  EXPECT_NE(text_.find("[REDACTED:"), std::string::npos);
}

TEST_F(RedactLoopTest, EndsWhenTheProfilesAreNotThoseOfTheApproval) {
  RedactConfig config = any_config();
  config.redaction = "standard+pci";
  configure(config);

  EXPECT_EQ(run(), RedactEnd::kBadConfig);
}

TEST_F(RedactLoopTest, CountsRecordsThatDoNotDecode) {
  configure(any_config());
  ring_.add("not a record");
  add_exchange(ring_);
  send(StopMessage{});

  ASSERT_EQ(run(), RedactEnd::kStopped);
  EXPECT_EQ(done_->stats.corrupt_records, 1U);
  EXPECT_EQ(done_->claimed.lost_user_events, 1U);
  EXPECT_EQ(lines().size(), 1U);
}

TEST_F(RedactLoopTest, DiscardsPlaintextWhileTheLevelIsOff) {
  configure(any_config());
  send(LevelMessage{ChannelLevel::kOff, ""});
  add_exchange(ring_);
  send(StopMessage{});

  ASSERT_EQ(run(), RedactEnd::kStopped);
  EXPECT_TRUE(text_.empty());
  EXPECT_EQ(done_->claimed.lost_user_events, 2U);
}

TEST_F(RedactLoopTest, DiscardsLogsAndCallsWhileTheLevelIsOff) {
  RedactConfig config = any_config();
  config.families = {"files", "logs"};
  configure(config);
  send(LevelMessage{ChannelLevel::kOff, ""});
  ring_.add(make_log_record("a line\n"));
  ring_.add(make_call_record("/a", "/b"));
  send(StopMessage{});

  ASSERT_EQ(run(), RedactEnd::kStopped);
  EXPECT_TRUE(text_.empty());
  EXPECT_EQ(done_->claimed.lost_user_events, 2U);
  EXPECT_EQ(done_->stats.dropped_messages, 0U);
}

TEST_F(RedactLoopTest, TellsLogsAndCalls) {
  RedactConfig config = any_config();
  config.families = {"files", "logs"};
  configure(config);
  ring_.add(make_log_record("a line\n"));
  ring_.add(make_call_record("/a", "/b"));
  send(StopMessage{});

  ASSERT_EQ(run(), RedactEnd::kStopped);
  EXPECT_EQ(lines().size(), 3U);  // with the log's total
  EXPECT_EQ(done_->claimed.lost_user_events, 0U);
}

TEST_F(RedactLoopTest, TellsMembersWithoutTheSecretInTheirNames) {
  RedactConfig config = any_config();
  configure(config);
  MemberMessage member;
  member.tgid = 7;
  member.how = ST_JOIN_FORKED;
  member.comm = "pw=hunter2isme9";
  send(member);
  send(LevelMessage{ChannelLevel::kOff, ""});
  send(member);
  send(StopMessage{});

  ASSERT_EQ(run(), RedactEnd::kStopped);
  const auto all = lines();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0]["how"], "forked");
  EXPECT_EQ(text_.find("hunter2"), std::string::npos);
  EXPECT_NE(text_.find("[REDACTED:"), std::string::npos);
}

TEST_F(RedactLoopTest, CountsLinesAgainFromZeroAfterARotation) {
  configure(any_config());
  MemberMessage member;
  member.tgid = 7;
  member.how = ST_JOIN_FORKED;
  send(member);
  send(member);
  send(RotateMessage{});
  send(member);
  send(StopMessage{});

  ASSERT_EQ(run(), RedactEnd::kStopped);
  const auto all = lines();
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[1]["n"], 1);
  EXPECT_EQ(all[2]["type"], "rotated");
  EXPECT_EQ(all[3]["n"], 0);
}

TEST_F(RedactLoopTest, LeavesRecordsInTheRingUntilItIsConfigured) {
  add_exchange(ring_);
  send(StopMessage{});

  ASSERT_EQ(run(), RedactEnd::kStopped);
  EXPECT_EQ(ring_.consumer(), 0U);
}

TEST_F(RedactLoopTest, RefusesRulesThatDoNotParse) {
  send(ConfigMessage{format_redact_config(any_config())});
  const Bytes rules = as_bytes("{}");
  auto memory = make_sealed_memfd("rules", {&rules, 1});
  ASSERT_TRUE(memory);
  send(RulesMessage{std::move(*memory), 2});

  EXPECT_EQ(run(), RedactEnd::kBadConfig);
}

TEST_F(RedactLoopTest, EndsWhenTheRingBreaksItsFormat) {
  configure(any_config());
  ring_.add_claiming(kRingBytes + 1, "short");

  EXPECT_EQ(run(), RedactEnd::kRing);
}

TEST_F(RedactLoopTest, EndsWhenCaptureHasGone) {
  RedactEnd end = RedactEnd::kStopped;
  std::thread loop([&] { end = RedactLoop(ring_.memory(), redact_.get()).run(); });
  capture_ = UniqueFd();
  loop.join();

  EXPECT_EQ(end, RedactEnd::kChannel);
}

}  // namespace
}  // namespace scopetrace
