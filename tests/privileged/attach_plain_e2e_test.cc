// SPDX-License-Identifier: Apache-2.0
// Whole captures of programs that talk HTTP without TLS.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "tests/privileged/attach_e2e.h"
#include "tests/support/loopback.h"

namespace scopetrace::testing {
namespace {

using ::testing::Contains;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

class AttachPlainE2eTest : public AttachE2eTest {
 protected:
  Exchanges exchanges() const { return AttachE2eTest::exchanges(true); }
};

TEST_F(AttachPlainE2eTest, CapturesPythonClient) {
  const auto client = host_->start_plain_python();
  const auto attach = host_->attach(client->tgid(), host_->approve(client->tgid()));

  ASSERT_TRUE(TracedHost::ask(*client, "POST /v1/charges", "200"));
  ASSERT_TRUE(TracedHost::ask(*client, "POST /v1/charges/declined", "402"));
  ASSERT_TRUE(TracedHost::ask(*client, "GET /v1/events", "200"));
  expect_sealed_without_leaks(*attach);

  EXPECT_THAT(exchanges(), Contains(Pair("POST /v1/charges", 200)));
  EXPECT_THAT(exchanges(), Contains(Pair("POST /v1/charges/declined", 402)));
  EXPECT_THAT(exchanges(), Contains(Pair("GET /v1/events", 200)));
}

TEST_F(AttachPlainE2eTest, CapturesCurlFromTheMiddleOfItsConnection) {
  const std::string base =
      "http://" + std::string(kVendorHost) + ":" + std::to_string(host_->vendor().plain_port());
  Child curl({"curl", "-sS", "--connect-to", "::127.0.0.1:", "-H",
              "Authorization: Bearer " + host_->planted().api_key, base + "/v1/hold",
              base + "/v1/customers", base + "/v1/limits"});
  host_->vendor().wait_until_held();
  const auto attach = host_->attach(curl.tgid(), host_->approve(curl.tgid()));

  host_->vendor().release();
  ASSERT_EQ(curl.wait(), 0);
  EXPECT_EQ(attach->wait(), 0) << attach->output();  // ends with its target

  EXPECT_THAT(exchanges(), Contains(Pair("GET /v1/customers", 200)));
  EXPECT_THAT(exchanges(), Contains(Pair("GET /v1/limits", 429)));
  EXPECT_THAT(host_->leaks({attach->output()}), IsEmpty());
}

TEST_F(AttachPlainE2eTest, CapturesNginxBetweenPlainAndTls) {
  const auto nginx = host_->start_nginx(free_loopback_port());
  const auto attach = host_->attach(nginx->tgid(), host_->approve(nginx->tgid()));
  const auto ask = [&](const std::string& path) {
    return run_program({"curl", "-sS", "--unix-socket", host_->path("nginx.sock"), "-d",
                        "email=" + host_->planted().email, "-H",
                        "Authorization: Bearer " + host_->planted().api_key,
                        "http://gateway" + path});
  };

  ASSERT_EQ(ask("/plain/v1/charges/declined").status, 0);
  ASSERT_EQ(ask("/v1/charges").status, 0);
  expect_sealed_without_leaks(*attach);

  EXPECT_THAT(exchanges(), Contains(Pair("POST /v1/charges/declined", 402)));
  EXPECT_EQ(exchanges().size(), 1U);
}

// The same client, told at level headers: what is missing below was there to be seen.
TEST_F(AttachPlainE2eTest, KeepsNothingOfPlainSocketsAtLevelMetadata) {
  const auto client = host_->start_plain_python();
  for (const std::string level : {"headers", "metadata"}) {
    ::unlink(host_->bundle().c_str());
    const std::string approval = host_->approve(client->tgid());
    const auto attach = host_->attach(client->tgid(), approval, {"--level", level});
    ASSERT_TRUE(TracedHost::ask(*client, "POST /v1/charges", "200"));
    expect_sealed_without_leaks(*attach);

    const bool is_told = level == "headers";
    EXPECT_EQ(exchanges().empty(), !is_told) << level;
    EXPECT_EQ(summary()["counts"]["payload_bytes"].get<int>() == 0, !is_told) << level;
    EXPECT_THAT(lines_of("connection"), Not(IsEmpty())) << level;
  }
}

TEST_F(AttachPlainE2eTest, NamesWhatIoUringMoved) {
  Child target({SCOPETRACE_TEST_BIN "/scopetrace-test-socket-calls",
                std::to_string(host_->vendor().plain_port()), "/dev/null"});
  ASSERT_TRUE(target.wait_for_line("ready"));
  const auto attach = host_->attach(target.tgid(), host_->approve(target.tgid()));

  for (const std::string call : {"connect", "write", "io_uring"}) {
    target.write_line(call);
    ASSERT_NE(target.read_line(), std::nullopt);
  }
  expect_sealed_without_leaks(*attach);

  EXPECT_THAT(summary()["counts"]["blind_io_uring_calls"].get<int>(), Gt(0));
  const auto lines = TracedHost::lines(host_->bundle());
  EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), [](const auto& line) {
    return line.value("cause", "") == "io-uring" && line.value("missing_bytes", 0) == 26;
  }));
}

}  // namespace
}  // namespace scopetrace::testing
