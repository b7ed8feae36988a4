// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/channel.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "userspace/session/channel_io.h"

namespace scopetrace {
namespace {

UniqueFd any_fd() { return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

// A FRAME that decodes.
FrameMessage good_frame() {
  FrameMessage message;
  message.fd = any_fd();
  message.compressed_bytes = 100;
  message.raw_bytes = 1000;
  message.line_count = 3;
  message.claimed = {1, 2, 3};
  return message;
}

DoneMessage good_done() {
  DoneMessage message;
  message.end = RedactEnd::kPipeline;
  message.claimed = {4, 5, 6};
  message.stats.frames = 7;
  message.redactions_by_class = {{"jwt", 8}, {"email", 9}};
  return message;
}

ByteVector bytes_of(const FromRedact& message) { return encode(message)->bytes; }

// Decodes what encode() made, with a descriptor when the message has one.
template <class Message>
Result<FromRedact> round_trip(const Message& message, bool with_fd) {
  return decode_from_redact(bytes_of(FromRedact(Message(message))),
                            with_fd ? any_fd() : UniqueFd());
}

TEST(ChannelTest, CarriesFrameFields) {
  const ByteVector bytes = bytes_of(good_frame());

  const auto decoded = decode_from_redact(bytes, any_fd());

  ASSERT_TRUE(decoded);
  const auto& frame = std::get<FrameMessage>(*decoded);
  EXPECT_EQ(frame.compressed_bytes, 100u);
  EXPECT_EQ(frame.raw_bytes, 1000u);
  EXPECT_EQ(frame.line_count, 3u);
  EXPECT_EQ(frame.claimed.redactions, 3u);
  EXPECT_TRUE(frame.fd);
}

TEST(ChannelTest, CarriesDoneFields) {
  const auto decoded = round_trip(good_done(), false);

  ASSERT_TRUE(decoded);
  const auto& done = std::get<DoneMessage>(*decoded);
  EXPECT_EQ(done.end, RedactEnd::kPipeline);
  EXPECT_EQ(done.claimed.lost_user_events, 4u);
  EXPECT_EQ(done.stats.frames, 7u);
  EXPECT_EQ(done.redactions_by_class, good_done().redactions_by_class);
}

TEST(ChannelTest, CarriesSmallMessages) {
  const auto ready = round_trip(ReadyMessage{1, 7}, false);
  const auto heartbeat = round_trip(HeartbeatMessage{11, 12}, false);
  const auto mute = round_trip(MuteMessage{13}, false);

  EXPECT_EQ(std::get<ReadyMessage>(ready.value()).landlock_abi, 7u);
  EXPECT_EQ(std::get<HeartbeatMessage>(heartbeat.value()).ring_backlog_bytes, 12u);
  EXPECT_EQ(std::get<MuteMessage>(mute.value()).conn_id, 13u);
}

TEST(ChannelTest, CarriesRotation) {
  RotateMessage rotate;
  rotate.leaf_salt.fill(std::byte{7});
  const auto told = decode_to_redact(encode(ToRedact(rotate))->bytes, UniqueFd());
  const auto answer = round_trip(RotatedMessage{good_done()}, false);

  EXPECT_EQ(std::get<RotateMessage>(told.value()).leaf_salt, rotate.leaf_salt);
  const DoneMessage& so_far = std::get<RotatedMessage>(answer.value()).so_far;
  EXPECT_EQ(so_far.stats.frames, 7u);
  EXPECT_EQ(so_far.redactions_by_class, good_done().redactions_by_class);
}

TEST(ChannelTest, RefusesARotationWithAnotherSalt) {
  ByteVector bytes = encode(ToRedact(RotateMessage{}))->bytes;
  bytes.push_back(std::byte{0});
  bytes[4] = static_cast<std::byte>(33);

  EXPECT_FALSE(decode_to_redact(bytes, UniqueFd()));
}

TEST(ChannelTest, CarriesMembers) {
  MemberMessage sent;
  sent.time_ns = 14;
  sent.blind_ns = 15;
  sent.tgid = 16;
  sent.inner_tgid = 17;
  sent.how = 2;
  sent.comm = "worker";
  const auto encoded = encode(ToRedact(sent));
  ASSERT_TRUE(encoded);
  ByteVector bytes = encoded->bytes;

  const auto decoded = decode_to_redact(bytes, UniqueFd());

  ASSERT_TRUE(decoded);
  const auto& member = std::get<MemberMessage>(*decoded);
  EXPECT_EQ(member.time_ns, 14u);
  EXPECT_EQ(member.blind_ns, 15u);
  EXPECT_EQ(member.tgid, 16u);
  EXPECT_EQ(member.inner_tgid, 17u);
  EXPECT_EQ(member.how, 2);
  EXPECT_EQ(member.comm, "worker");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_to_redact(Bytes(bytes).first(size), UniqueFd())) << size;
  }
  sent.comm = std::string(16, 'x');
  EXPECT_EQ(encode(ToRedact(sent)).error().code(), ErrorCode::kLimit);
  bytes[sizeof(ChannelHeader) + 24] = std::byte{5};  // how
  EXPECT_FALSE(decode_to_redact(bytes, UniqueFd()));
}

TEST(ChannelTest, RefusesEveryTruncation) {
  const ByteVector bytes = bytes_of(good_done());

  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto decoded = decode_from_redact(Bytes(bytes).first(size), UniqueFd());
    ASSERT_FALSE(decoded) << size;
    EXPECT_EQ(decoded.error().code(), ErrorCode::kCorrupt);
  }
}

struct BadMessage {
  const char* name;
  ByteVector bytes;
  bool with_fd;
};

BadMessage bad_frame(const char* name, void (*spoil)(FrameMessage&)) {
  FrameMessage message = good_frame();
  spoil(message);
  return {name, bytes_of(std::move(message)), true};
}

ByteVector with_type(std::uint16_t type) {
  ByteVector bytes = bytes_of(HeartbeatMessage{});
  std::memcpy(bytes.data(), &type, sizeof(type));
  return bytes;
}

DoneMessage done_with_class(const char* name) {
  DoneMessage message;
  message.redactions_by_class = {{name, 1}};
  return message;
}

std::vector<BadMessage> bad_messages() {
  std::vector<BadMessage> bad;
  bad.push_back({"MuteOfZero", bytes_of(MuteMessage{0}), false});
  bad.push_back({"OtherVersion", bytes_of(ReadyMessage{2, 0}), false});
  bad.push_back({"UnknownType", with_type(99), false});
  bad.push_back({"WrongWay", with_type(static_cast<std::uint16_t>(ChannelType::kStop)), false});
  bad.push_back({"SurplusDescriptor", bytes_of(MuteMessage{1}), true});
  bad.push_back({"MissingDescriptor", bytes_of(good_frame()), false});
  bad.push_back({"ClassWithControlCharacter", bytes_of(done_with_class("a\nb")), false});
  bad.push_back({"ClassWithoutName", bytes_of(done_with_class("")), false});
  bad.push_back(bad_frame("FrameWithoutLines", [](FrameMessage& m) { m.line_count = 0; }));
  bad.push_back(bad_frame("FrameOfManyLines", [](FrameMessage& m) { m.line_count = 1u << 31; }));
  bad.push_back(bad_frame("FrameTooLong", [](FrameMessage& m) { m.raw_bytes = kMaxFrameRaw + 1; }));
  bad.push_back(
      bad_frame("FrameOfHugeSize", [](FrameMessage& m) { m.compressed_bytes = 0xffffffff; }));
  return bad;
}

class BadMessageTest : public testing::TestWithParam<BadMessage> {};

TEST_P(BadMessageTest, IsRefused) {
  const auto decoded =
      decode_from_redact(GetParam().bytes, GetParam().with_fd ? any_fd() : UniqueFd());

  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code(), ErrorCode::kCorrupt);
}

INSTANTIATE_TEST_SUITE_P(Rules, BadMessageTest, testing::ValuesIn(bad_messages()),
                         [](const auto& test) { return test.param.name; });

TEST(ChannelIoTest, SendsConfigAndStop) {
  auto channel = make_channel().value();

  ASSERT_TRUE(send_message(channel.first.get(), ToRedact(ConfigMessage{"{}"})));
  ASSERT_TRUE(send_message(channel.first.get(), ToRedact(StopMessage{})));

  const auto config = receive_to_redact(channel.second.get()).value();
  EXPECT_EQ(std::get<ConfigMessage>(*config.message).json, "{}");
  const auto stop = receive_to_redact(channel.second.get()).value();
  ASSERT_TRUE(stop.message);
  EXPECT_TRUE(std::holds_alternative<StopMessage>(*stop.message));
  EXPECT_EQ(receive_to_redact(channel.second.get())->state, ReceiveState::kNothing);
}

TEST(ChannelIoTest, TellsThatThePeerHasGone) {
  auto channel = make_channel().value();

  channel.second = UniqueFd();

  EXPECT_EQ(receive_from_redact(channel.first.get())->state, ReceiveState::kClosed);
}

TEST(ChannelIoTest, RefusesLongConfig) {
  auto channel = make_channel().value();
  const ConfigMessage message{std::string(kMaxChannelPayload + 1, ' ')};

  const Status sent = send_message(channel.first.get(), ToRedact(message));

  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code(), ErrorCode::kLimit);
}

TEST(ChannelIoTest, ClosesDescriptorsOfRefusedMessages) {
  auto channel = make_channel().value();
  const UniqueFd first_free = any_fd();
  const int expected = ::fcntl(first_free.get(), F_DUPFD_CLOEXEC, 0);
  ::close(expected);

  RulesMessage rules;  // the wrong way: redact's side may not send it
  rules.fd = any_fd();
  ASSERT_TRUE(send_message(channel.second.get(), ToRedact(std::move(rules))));
  rules.fd = UniqueFd();
  EXPECT_FALSE(receive_from_redact(channel.first.get()));

  const UniqueFd next(::fcntl(first_free.get(), F_DUPFD_CLOEXEC, 0));
  EXPECT_EQ(next.get(), expected);
}

DataFrame any_frame() {
  DataFrame frame;
  frame.compressed = ByteVector(1000, std::byte{7});
  frame.raw_bytes = 5000;
  frame.leaves = {sha256(as_bytes("a")), sha256(as_bytes("b"))};
  return frame;
}

TEST(ChannelIoTest, CarriesFrame) {
  auto channel = make_channel().value();
  const DataFrame frame = any_frame();

  auto message = make_frame_message(frame, {1, 2, 3}).value();
  ASSERT_TRUE(send_message(channel.second.get(), FromRedact(std::move(message))));
  const auto received = receive_from_redact(channel.first.get()).value();
  const auto read = read_frame(std::get<FrameMessage>(*received.message));

  ASSERT_TRUE(read);
  EXPECT_EQ(read->compressed, frame.compressed);
  EXPECT_EQ(read->leaves, frame.leaves);
  EXPECT_EQ(read->raw_bytes, frame.raw_bytes);
}

TEST(ChannelIoTest, RefusesFrameOfOtherSize) {
  FrameMessage message = make_frame_message(any_frame(), {}).value();
  ++message.compressed_bytes;

  const auto read = read_frame(message);

  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), ErrorCode::kCorrupt);
}

struct SealCase {
  const char* name;
  int seals;
};

class MissingSealTest : public testing::TestWithParam<SealCase> {};

TEST_P(MissingSealTest, IsRefused) {
  const UniqueFd fd(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  ASSERT_EQ(::ftruncate(fd.get(), 16), 0);
  ASSERT_EQ(::fcntl(fd.get(), F_ADD_SEALS, GetParam().seals), 0);

  const auto read = read_sealed_memfd(fd.get(), 16);

  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), ErrorCode::kCorrupt);
}

INSTANTIATE_TEST_SUITE_P(
    Seals, MissingSealTest,
    testing::Values(SealCase{"None", 0},
                    SealCase{"NoWrite", F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW},
                    SealCase{"NoShrink", F_SEAL_SEAL | F_SEAL_WRITE | F_SEAL_GROW},
                    SealCase{"NoGrow", F_SEAL_SEAL | F_SEAL_WRITE | F_SEAL_SHRINK},
                    SealCase{"NoSeal", F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW}),
    [](const auto& test) { return test.param.name; });

TEST(ChannelIoTest, RefusesFileThatIsNoMemoryFile) {
  const UniqueFd fd = any_fd();

  EXPECT_FALSE(read_sealed_memfd(fd.get(), 0));
}

}  // namespace
}  // namespace scopetrace
