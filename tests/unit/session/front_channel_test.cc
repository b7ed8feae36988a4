// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/front/front_channel.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>

#include "userspace/session/front/end_reason.h"

namespace scopetrace {
namespace {

struct Pair {
  UniqueFd here;
  UniqueFd there;
};

Pair make_pair_of_sockets() {
  int ends[2];
  ST_CHECK(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

TEST(FrontChannelTest, CarriesRequestWithDescriptor) {
  const Pair pair = make_pair_of_sockets();
  CaptureRequest request;
  request.approval = "scopetrace-approval v1\n";
  request.tgid = 4211;
  request.is_command = true;
  request.max_seconds = 90;
  request.level = "headers";
  request.rotate_bytes = kMinRotateBytes;
  request.rotate_seconds = 600;
  request.third_parties = {"api.vendor.test"};

  ASSERT_TRUE(send_front_message(pair.here.get(), FrontMessageType::kRequest,
                                 encode_request(request), STDIN_FILENO));
  auto message = receive_front_message(pair.there.get());

  ASSERT_TRUE(message);
  EXPECT_EQ(message->type, FrontMessageType::kRequest);
  EXPECT_TRUE(message->fd);
  const auto decoded = decode_request(message->body);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->approval, request.approval);
  EXPECT_EQ(decoded->tgid, 4211U);
  EXPECT_TRUE(decoded->is_command);
  EXPECT_EQ(decoded->max_seconds, 90U);
  EXPECT_EQ(decoded->level, "headers");
  EXPECT_EQ(decoded->rotate_bytes, kMinRotateBytes);
  EXPECT_EQ(decoded->rotate_seconds, 600U);
  EXPECT_EQ(decoded->third_parties, request.third_parties);
}

TEST(FrontChannelTest, ReportsGonePeer) {
  Pair pair = make_pair_of_sockets();
  pair.there = UniqueFd();

  const auto message = receive_front_message(pair.here.get());

  ASSERT_FALSE(message);
  EXPECT_EQ(message.error().code(), ErrorCode::kNotFound);
  EXPECT_FALSE(send_front_message(pair.here.get(), FrontMessageType::kStop, ""));
}

TEST(FrontChannelTest, RefusesForeignBytes) {
  const Pair pair = make_pair_of_sockets();
  ASSERT_EQ(::send(pair.here.get(), "hello there", 11, 0), 11);

  const auto message = receive_front_message(pair.there.get());

  ASSERT_FALSE(message);
  EXPECT_EQ(message.error().code(), ErrorCode::kCorrupt);
}

TEST(FrontChannelTest, RefusesTooLongMessage) {
  const Pair pair = make_pair_of_sockets();
  const std::string body(kMaxFrontMessage + 1, 'x');

  const Status sent = send_front_message(pair.here.get(), FrontMessageType::kStatus, body);

  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code(), ErrorCode::kLimit);
}

TEST(FrontChannelTest, KeepsErrorWithCodeAndHint) {
  const Error error = Error(ErrorCode::kRefused, "approval expired").with_hint("ask again");

  const auto decoded = decode_error(encode_error(error));

  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->code(), ErrorCode::kRefused);
  EXPECT_EQ(decoded->message(), "approval expired");
  EXPECT_EQ(decoded->hint(), "ask again");
}

TEST(FrontChannelTest, KeepsEndWithTargetStatus) {
  CaptureEnded ended;
  ended.reason = end_reason_text(EndReason::kTargetExited);
  ended.is_sealed = true;
  ended.target_status = 256;
  ended.last.events = 7;
  ended.last.part = 3;
  ended.sealed_parts = 3;

  const auto decoded = decode_ended(encode_ended(ended));

  ASSERT_TRUE(decoded);
  EXPECT_TRUE(decoded->is_sealed);
  EXPECT_EQ(decoded->target_status, 256);
  EXPECT_EQ(decoded->last.events, 7U);
  EXPECT_EQ(decoded->last.part, 3U);
  EXPECT_EQ(decoded->sealed_parts, 3U);
}

struct MalformedCase {
  const char* name;
  const char* body;
};

class DecodeRequestTest : public testing::TestWithParam<MalformedCase> {};

TEST_P(DecodeRequestTest, RefusesMalformedBody) {
  const auto decoded = decode_request(GetParam().body);

  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code(), ErrorCode::kCorrupt);
}

INSTANTIATE_TEST_SUITE_P(
    Bodies, DecodeRequestTest,
    testing::Values(MalformedCase{"Empty", ""}, MalformedCase{"NoObject", "[]"},
                    MalformedCase{"TextAsNumber", R"({"tgid":"1"})"},
                    MalformedCase{"NegativeNumber", R"({"tgid":-1})"},
                    MalformedCase{"WideNumber", R"({"tgid":4294967296})"},
                    MalformedCase{"WideDuration", R"({"rotate_seconds":4294967296})"},
                    MalformedCase{"NumberAsText", R"({"approval":1})"},
                    MalformedCase{"NumberInList", R"({"third_parties":[1]})"},
                    MalformedCase{"Unfinished", R"({"tgid":1)"}),
    [](const auto& test) { return test.param.name; });

TEST(EndReasonTest, TextsAreReadBack) {
  for (int i = 0; i <= static_cast<int>(EndReason::kProbesFailed); ++i) {
    const auto reason = static_cast<EndReason>(i);
    EXPECT_EQ(parse_end_reason(end_reason_text(reason)), reason);
  }
  EXPECT_FALSE(parse_end_reason("whatever"));
}

}  // namespace
}  // namespace scopetrace
