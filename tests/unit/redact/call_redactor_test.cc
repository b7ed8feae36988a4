// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/call/call_redactor.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

#include "tests/unit/redact/fixture.h"
#include "userspace/wire/call_table.h"

namespace scopetrace {
namespace {

// Redacts one call with texts.
class CallRedactorTest : public testing::Test {
 protected:
  CallEvent make(std::uint16_t number, std::string_view first = {}, std::string_view second = {}) {
    CallEvent event{};
    event.record.number = number;
    event.texts = {as_bytes(first), as_bytes(second)};
    return event;
  }
  // "name=value name=value" of all arguments.
  std::string arguments(const CallEvent& event, Level level = Level::kRedacted) {
    const auto call = redact_call(s_.scanner, event, level);
    if (!call) return "none";
    std::string text;
    for (const RedactedArgument& argument : call->arguments) {
      const auto* number = std::get_if<std::int64_t>(&argument.value);
      text += argument.name + "=" +
              (number ? std::to_string(*number) : std::get<std::string>(argument.value)) + " ";
    }
    return text;
  }

  Scanner s_;
};

TEST_F(CallRedactorTest, TellsArgumentsByTheirTypes) {
  CallEvent event = make(257, "/etc/hosts");
  event.record.args[0] = static_cast<std::uint32_t>(-100);
  event.record.args[2] = 0x241;
  event.record.args[3] = 0644;
  EXPECT_EQ(arguments(event), "folder=-100 path=/etc/hosts flags=0x241 mode=0644 ");
}

TEST_F(CallRedactorTest, RedactsPathsAndLeavesThemOutAtMetadata) {
  const std::string secret = make_secret(24);
  const std::string path = "/tmp/password=" + secret;
  const CallEvent event = make(82, path, "/tmp/b");
  EXPECT_FALSE(contains(arguments(event), secret));
  EXPECT_TRUE(contains(arguments(event), "to=/tmp/b"));
  EXPECT_EQ(arguments(event, Level::kMetadata), "");
}

TEST_F(CallRedactorTest, WithholdsAPathThatWasCut) {
  const std::string path(ST_CALL_TEXT_MAX - 1, 'a');
  EXPECT_EQ(arguments(make(87, path)), "path=[WITHHELD:255] ");
}

TEST_F(CallRedactorTest, TellsAddresses) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(443);
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const std::string_view bytes(reinterpret_cast<const char*>(&v4), sizeof(v4));
  EXPECT_EQ(arguments(make(42, bytes), Level::kMetadata), "fd=0 address=127.0.0.1:443 ");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(arguments(make(42, bytes.substr(0, size))), "fd=0 ") << size;
  }
}

TEST_F(CallRedactorTest, TellsOptionsThatAreTimes) {
  const timeval time{.tv_sec = 2, .tv_usec = 250'000};
  CallEvent event = make(54, {reinterpret_cast<const char*>(&time), sizeof(time)});
  event.record.args[1] = SOL_SOCKET;
  event.record.args[2] = SO_SNDTIMEO;
  EXPECT_TRUE(contains(arguments(event), "value=SO_SNDTIMEO=2250ms"));
  event.record.args[2] = 9999;
  EXPECT_FALSE(contains(arguments(event), "value"));
}

TEST_F(CallRedactorTest, TellsTimesOnlyOfCallsThatWereTimed) {
  CallEvent event = make(271);
  EXPECT_EQ(arguments(event), "count=0 ");
  EXPECT_FALSE(redact_call(s_.scanner, event, Level::kHeaders)->duration_ns);
  event.record.timeout_ns = 2'500'000'000;
  event.record.duration_ns = 1'200'000;
  EXPECT_EQ(arguments(event), "count=0 timeout_ms=2500 ");
  EXPECT_EQ(redact_call(s_.scanner, event, Level::kHeaders)->duration_ns, 1'200'000U);
}

TEST_F(CallRedactorTest, NamesErrors) {
  CallEvent event = make(87, "/a");
  event.record.result = -EACCES;
  EXPECT_EQ(redact_call(s_.scanner, event, Level::kRedacted)->error, "EACCES");
  event.record.result = -4000;
  EXPECT_EQ(redact_call(s_.scanner, event, Level::kRedacted)->error, "E4000");
}

TEST_F(CallRedactorTest, KnowsNoOtherCalls) { EXPECT_EQ(arguments(make(500)), "none"); }

TEST(CallTableTest, HasTextsForWhatTheKernelCopies) {
#define ST_CHECK_ROW(number, name, family, kind, first, second, is_wait, text)    \
  {                                                                               \
    const CallKind* call = find_call(number);                                     \
    ASSERT_NE(call, nullptr);                                                     \
    ASSERT_LE(call->arguments.size(), 6U);                                        \
    std::vector<std::size_t> texts;                                               \
    for (std::size_t i = 0; i < call->arguments.size(); ++i)                      \
      if (call->arguments[i].type == ArgumentType::kText) texts.push_back(i + 1); \
    std::vector<std::size_t> copied;                                              \
    for (const std::size_t argument : {first, second})                            \
      if (argument != 0) copied.push_back(argument);                              \
    EXPECT_EQ(texts, copied) << #name;                                            \
  }
  ST_CALL_LIST(ST_CHECK_ROW)
#undef ST_CHECK_ROW
}

}  // namespace
}  // namespace scopetrace
