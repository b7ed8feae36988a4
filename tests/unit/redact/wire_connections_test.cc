// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/wire/wire_connections.h"

#include "tests/unit/redact/wire_fixture.h"

namespace scopetrace {
namespace {

constexpr StreamKey kOut{7, ST_EGRESS};
constexpr StreamKey kIn{7, ST_INGRESS};

TEST(WireConnectionsTest, KeepsDirectionsApart) {
  Scanner s;
  WireConnections wire(s.scanner);
  EXPECT_EQ(wire.push(kOut, WireDetail::kRedacted, "EHLO a\r\n").protocol, "smtp");
  EXPECT_EQ(wire.push(kIn, WireDetail::kRedacted, "+OK\r\n").protocol, "redis");
}

TEST(WireConnectionsTest, BringsWhatWasHeldBackAtTheEnd) {
  Scanner s;
  WireConnections wire(s.scanner);
  wire.push(kOut, WireDetail::kRedacted, "EHLO a\r\nQUI");
  EXPECT_EQ(wire.finish(kOut).text, "[withheld 3 bytes]\n");
  wire.forget(7);
  EXPECT_EQ(wire.size(), 0U);
  EXPECT_EQ(wire.held_bytes(), 0U);
}

TEST(WireConnectionsTest, OtherDetailCountsAsAGap) {
  Scanner s;
  WireConnections wire(s.scanner);
  const std::string secret = make_secret(20);
  wire.push(kOut, WireDetail::kShape, "EHLO a\r\nAUTH LOGIN\r\n");
  const WireTold told = wire.push(kOut, WireDetail::kRedacted, secret + "\r\n");
  EXPECT_FALSE(contains(told.text, secret));
}

TEST(WireConnectionsTest, IsBoundedInNumberAndMemory) {
  Scanner s;
  WireConnections wire(s.scanner);
  const std::string half = "EHLO a\r\n" + std::string(60'000, 'x');
  for (std::uint64_t id = 0; id < 600; ++id) {
    wire.push({id, ST_EGRESS}, WireDetail::kRedacted, half);
    ASSERT_LE(wire.held_bytes(), WireConnections::kMaxHeldBytes + (1U << 18));
  }
  for (std::uint64_t id = 0; id < WireConnections::kMaxConnections + 10; ++id) {
    wire.push({id, ST_INGRESS}, WireDetail::kShape, "x");
  }
  EXPECT_EQ(wire.size(), WireConnections::kMaxConnections);
}

RawStreamData make_data(std::string content, st_direction direction = ST_EGRESS) {
  RawStreamData data;
  data.key = {7, direction};
  data.length_bytes = content.size();
  data.content = std::move(content);
  return data;
}

RedactorConfig any_host(Level level) {
  RedactorConfig config = make_config(level);
  config.third_parties = {"any"};
  return config;
}

struct Streams {
  explicit Streams(Level level)
      : redactor(*Redactor::make(any_host(level), standard_rules(), sink)) {}
  RedactedStreamData push(Message message) {
    EXPECT_TRUE(redactor->input().push(std::move(message)));
    const auto* data = std::get_if<RedactedStreamData>(&sink.messages.back().content());
    return data == nullptr ? RedactedStreamData() : *data;
  }
  RedactedSink sink;
  std::unique_ptr<Redactor> redactor;
};

TEST(RedactorStreamTest, TellsMessagesAtLevelRedacted) {
  Streams s(Level::kRedacted);
  const std::string secret = make_secret(12);
  const RedactedStreamData first = s.push(make_data("USER jo\r\nPASS " + secret.substr(0, 5)));
  const RedactedStreamData second = s.push(make_data(secret.substr(5) + "\r\nCWD /in\r\n"));

  EXPECT_EQ(first.protocol, "ftp");
  EXPECT_EQ(first.text, "USER jo\n");
  EXPECT_EQ(first.withheld, "");
  EXPECT_TRUE(second.text.starts_with("PASS [REDACTED:generic-password:")) << second.text;
  EXPECT_TRUE(second.text.ends_with("]\nCWD /in\n")) << second.text;
  EXPECT_EQ(second.kept_bytes, second.text.size());
}

TEST(RedactorStreamTest, TellsKindsAtLevelShapeAndNothingBelow) {
  Streams shape(Level::kShape);
  const RedactedStreamData told = shape.push(make_data("USER jo\r\nPASS x\r\n"));
  EXPECT_EQ(told.text, "USER\nPASS\n");
  EXPECT_TRUE(told.is_shape);
  Streams headers(Level::kHeaders);
  const RedactedStreamData below = headers.push(make_data("USER jo\r\nPASS x\r\n"));
  EXPECT_EQ(below.text, "");
  EXPECT_EQ(below.protocol, "");
  EXPECT_EQ(below.withheld, "below the level");
  EXPECT_EQ(below.length_bytes, 17U);
}

TEST(RedactorStreamTest, EndBringsALineForWhatWasHeldBack) {
  Streams s(Level::kRedacted);
  EXPECT_EQ(s.push(make_data("USER j")).withheld, "held back");
  s.push(make_data("o\r\nPASS x"));
  StreamEnd end;
  end.tls_id = 7;
  const RedactedStreamData last = s.push(end);
  EXPECT_EQ(last.length_bytes, 0U);
  EXPECT_EQ(last.text, "[withheld 6 bytes]\n");
  ASSERT_TRUE(s.redactor->input().push(end));
  EXPECT_EQ(s.sink.messages.size(), 3U);
}

TEST(RedactorStreamTest, GapResetsTheStream) {
  Streams s(Level::kRedacted);
  const std::string answer = make_secret(20);
  s.push(make_data("EHLO a\r\nAUTH LOGIN"));
  StreamGap gap;
  gap.key = {7, ST_EGRESS};
  s.push(gap);
  const RedactedStreamData told = s.push(make_data("\r\n" + answer + "\r\n"));
  EXPECT_FALSE(contains(told.text, answer)) << told.text;
}

TEST(RedactorStreamTest, LearnsWhatItReplaced) {
  Streams s(Level::kRedacted);
  const std::string secret = make_secret(12);
  s.push(make_data("USER jo\r\nPASS " + secret + "\r\n"));
  EXPECT_EQ(s.push(make_data("SITE echo " + secret + " end\r\n")).text,
            "SITE echo [REDACTED:learned] end\n");
}

}  // namespace
}  // namespace scopetrace
