// SPDX-License-Identifier: Apache-2.0
// Whole captures of real programs: what they exchange arrives, redacted, in a bundle that verifies.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

#include "tests/privileged/attach_e2e.h"
#include "tests/support/loopback.h"
#include "tests/support/traced_host.h"
#include "userspace/base/file.h"

namespace scopetrace::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST_F(AttachE2eTest, CapturesPythonClient) {
  const auto client = host_->start_python();
  const auto attach = host_->attach(client->tgid(), host_->approve(client->tgid()));

  ASSERT_TRUE(TracedHost::ask(*client, "POST /v1/charges", "200"));
  ASSERT_TRUE(TracedHost::ask(*client, "POST /v1/charges/declined", "402"));
  ASSERT_TRUE(TracedHost::ask(*client, "GET /v1/limits", "429"));
  expect_sealed_without_leaks(*attach);

  EXPECT_THAT(exchanges(), Contains(Pair("POST /v1/charges", 200)));
  EXPECT_THAT(exchanges(), Contains(Pair("POST /v1/charges/declined", 402)));
  EXPECT_THAT(exchanges(), Contains(Pair("GET /v1/limits", 429)));
}

TEST_F(AttachE2eTest, CapturesLibraryOnOverlay) {
  const auto client = host_->start_python_on_overlay();
  const auto attach = host_->attach(client->tgid(), host_->approve(client->tgid()));

  ASSERT_TRUE(TracedHost::ask(*client, "POST /v1/charges", "200"));
  expect_sealed_without_leaks(*attach);

  EXPECT_THAT(exchanges(), Contains(Pair("POST /v1/charges", 200)));
}

TEST_F(AttachE2eTest, CapturesLibraryThatIsLoadedLater) {
  const auto client = host_->start_late_python();
  const auto attach = host_->attach(client->tgid(), host_->approve(client->tgid()));
  client->write_line("go on");
  ASSERT_TRUE(client->wait_for_line("ready"));

  // What is said before the new probes are in place is not seen; the vendor answers this one late.
  ASSERT_TRUE(TracedHost::ask(*client, "GET /v1/slow", "200"));
  ASSERT_TRUE(TracedHost::ask(*client, "POST /v1/charges", "200"));
  expect_sealed_without_leaks(*attach);

  EXPECT_THAT(exchanges(), Contains(Pair("POST /v1/charges", 200)));
}

TEST_F(AttachE2eTest, CapturesNodeWithStaticOpenSsl) {
  const auto client = host_->start_node();
  const auto attach = host_->attach(client->tgid(), host_->approve(client->tgid()));

  ASSERT_TRUE(TracedHost::ask(*client, "POST /v1/charges", "200"));
  ASSERT_TRUE(TracedHost::ask(*client, "GET /v1/broken", "500"));
  expect_sealed_without_leaks(*attach);

  EXPECT_THAT(exchanges(), Contains(Pair("POST /v1/charges", 200)));
  EXPECT_THAT(exchanges(), Contains(Pair("GET /v1/broken", 500)));
}

constexpr char kGoProgram[] = SCOPETRACE_TEST_BIN "/scopetrace-go-target-stripped";

// Whether line 0 says that the executable's own TLS of Go is covered; nothing when it does not say.
std::optional<bool> covers_go(const std::string& bundle) {
  const auto session = TracedHost::lines(bundle).at(0);
  for (const auto& library : session.at("libraries")) {
    if (library.value("name", "").find(" (go 1.") == std::string::npos) continue;
    return library.value("covered", false);
  }
  return std::nullopt;
}

TEST_F(AttachE2eTest, CapturesStrippedGo) {
  const auto client = host_->start_go(kGoProgram);
  ASSERT_TRUE(TracedHost::ask(*client, "GET /v1/limits", "429"));  // a Read waits from now on
  const auto attach = host_->attach(client->tgid(), host_->approve(client->tgid()));

  ASSERT_TRUE(TracedHost::ask(*client, "POST /v1/charges", "200"));
  ASSERT_TRUE(TracedHost::ask(*client, "POST /v1/charges/declined", "402"));
  ASSERT_TRUE(TracedHost::ask(*client, "GET /v1/events", "200"));
  expect_sealed_without_leaks(*attach);

  EXPECT_EQ(exchanges(), Exchanges({{"POST /v1/charges", 200},
                                    {"POST /v1/charges/declined", 402},
                                    {"GET /v1/events", 200}}));
  EXPECT_EQ(covers_go(host_->bundle()), true);
}

// A copy of the Go program that says it was made by a version which does not exist yet.
std::string make_go_of_the_future(const std::string& path) {
  constexpr std::size_t kMaxBytes = 64 << 20;
  std::string image = read_file(kGoProgram, kMaxBytes).value();
  const std::size_t information = image.find("\xff Go buildinf:");
  image.replace(image.find("go1.", information), 6, "go1.99");
  ST_CHECK(write_file_atomically(path, image, 0755));
  return path;
}

TEST_F(AttachE2eTest, NamesGoOfAnUnknownVersionAsNotCovered) {
  const auto client = host_->start_go(make_go_of_the_future(host_->path("future")));
  const auto attach = host_->attach(client->tgid(), host_->approve(client->tgid()));

  ASSERT_TRUE(TracedHost::ask(*client, "POST /v1/charges", "200"));
  expect_sealed_without_leaks(*attach);

  EXPECT_THAT(exchanges(), IsEmpty());
  EXPECT_EQ(covers_go(host_->bundle()), false);
  EXPECT_THAT(attach->output(), HasSubstr("not covered"));
}

TEST_F(AttachE2eTest, CapturesCurlFromTheMiddleOfItsConnection) {
  const std::string base =
      "https://" + std::string(kVendorHost) + ":" + std::to_string(host_->vendor().port());
  Child curl({"curl", "-sS", "--http1.1", "--cacert", host_->path("ca.pem"), "--connect-to",
              "::127.0.0.1:", "-H", "Authorization: Bearer " + host_->planted().api_key,
              base + "/v1/hold", base + "/v1/customers", base + "/v1/limits"});
  host_->vendor().wait_until_held();
  const auto attach = host_->attach(curl.tgid(), host_->approve(curl.tgid()));

  host_->vendor().release();
  ASSERT_EQ(curl.wait(), 0);
  EXPECT_EQ(attach->wait(), 0) << attach->output();  // ends with its target

  EXPECT_THAT(exchanges(), Contains(Pair("GET /v1/customers", 200)));
  EXPECT_THAT(exchanges(), Contains(Pair("GET /v1/limits", 429)));
  EXPECT_EQ(host_->verify(host_->bundle()).status, 0);
  EXPECT_THAT(host_->leaks({attach->output()}), IsEmpty());
}

TEST_F(AttachE2eTest, CapturesNginxAsClientOfTheVendor) {
  const auto nginx = host_->start_nginx(free_loopback_port());
  const auto attach = host_->attach(nginx->tgid(), host_->approve(nginx->tgid()));

  const Finished asked = run_program({"curl", "-sS", "--unix-socket", host_->path("nginx.sock"),
                                      "-d", "email=" + host_->planted().email, "-H",
                                      "Authorization: Bearer " + host_->planted().api_key,
                                      "http://gateway/v1/charges/declined"});
  ASSERT_EQ(asked.status, 0) << asked.output;
  expect_sealed_without_leaks(*attach);

  EXPECT_THAT(exchanges(), Contains(Pair("POST /v1/charges/declined", 402)));
}

TEST_F(AttachE2eTest, CapturesNginxAsServerOnlyWhenApproved) {
  const int port = free_loopback_port();
  const auto nginx = host_->start_nginx(port);
  const auto call_hook = [&] {
    return run_program({"curl", "-sS", "--http1.1", "--cacert", host_->path("ca.pem"), "-d",
                        "email=" + host_->planted().email,
                        "https://127.0.0.1:" + std::to_string(port) + "/hook"});
  };
  for (const bool is_approved : {false, true}) {
    const std::vector<std::string> inbound(is_approved ? 1 : 0, "--inbound");
    std::filesystem::remove(host_->bundle());
    const auto attach = host_->attach(nginx->tgid(), host_->approve(nginx->tgid(), inbound));

    ASSERT_EQ(call_hook().status, 0);
    expect_sealed_without_leaks(*attach);

    EXPECT_EQ(exchanges(), is_approved ? Exchanges({{"POST /hook", 202}}) : Exchanges());
  }
}

TEST_F(AttachE2eTest, KeepsNothingOfOtherThirdParties) {
  const auto client = host_->start_python();
  const std::string approval = host_->approve(client->tgid(), {"--third-party", "other.example"});
  const auto attach = host_->attach(client->tgid(), approval, {"--third-party", "other.example"});

  ASSERT_TRUE(TracedHost::ask(*client, "POST /v1/charges", "200"));
  ASSERT_TRUE(TracedHost::ask(*client, "GET /v1/slow", "200"));  // muted before it is answered
  ASSERT_TRUE(TracedHost::ask(*client, "POST /v1/charges", "200"));
  expect_sealed_without_leaks(*attach);

  EXPECT_THAT(exchanges(), IsEmpty());
  const nlohmann::json summary = TracedHost::lines(host_->bundle()).back();
  EXPECT_GT(summary["losses"].value("suppressed", 0), 0) << summary;
  EXPECT_EQ(summary["losses"].value("lost_kernel_events", -1), 0) << summary;
}

TEST_F(AttachE2eTest, ShowsHostileBytesEscaped) {
  const auto client = host_->start_python();
  const auto attach = host_->attach(client->tgid(), host_->approve(client->tgid()));

  ASSERT_TRUE(TracedHost::ask(*client, "GET /v1/hostile", "200"));
  expect_sealed_without_leaks(*attach);

  const Finished shown = run_program({SCOPETRACE_TEST_BIN "/scopetrace", "show", host_->bundle()});
  EXPECT_THAT(exchanges(), Contains(Pair("GET /v1/hostile", 200)));
  EXPECT_EQ(shown.status, 0) << shown.output;
  EXPECT_EQ(shown.output.find('\x1b'), std::string::npos);
  EXPECT_EQ(shown.output.find('\x07'), std::string::npos);
}

TEST_F(AttachE2eTest, RefusesApprovalThatIsUsedUp) {
  const auto client = host_->start_python();
  const std::string approval = host_->approve(client->tgid());
  const auto attach = host_->attach(client->tgid(), approval);
  expect_sealed_without_leaks(*attach);

  const Finished again = run_program(
      {SCOPETRACE_TEST_BIN "/scopetrace", "--root", host_->path("root"), "attach", "--approval",
       approval, "--pid", std::to_string(client->tgid()), "-o", host_->path("again.jsonl.zst")});
  EXPECT_EQ(again.status, 3) << again.output;
}

}  // namespace
}  // namespace scopetrace::testing
