// SPDX-License-Identifier: Apache-2.0
// Whole captures of real programs that speak HTTP/2, gRPC and WebSocket.
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
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class AttachHttp2E2eTest : public AttachE2eTest {
 protected:
  void SetUp() override {
    AttachE2eTest::SetUp();
    if (IsSkipped()) return;
    ports_ = {free_loopback_port(), free_loopback_port(), free_loopback_port()};
    vendor_ = host_->start_http2_vendor(ports_);
  }

  // "2 POST /v1/charges 200 complete" for each exchange.
  std::vector<std::string> exchanges() const {
    std::vector<std::string> found;
    for (const auto& line : lines_of("http")) {
      const auto request = line.value("request", nlohmann::json::object());
      const auto response = line.value("response", nlohmann::json::object());
      found.push_back(request.value("version", "?") + " " + request.value("method", "?") + " " +
                      request.value("target", "?") + " " +
                      std::to_string(response.value("status", 0)) + " " +
                      line.value("outcome", ""));
    }
    return found;
  }
  nlohmann::json exchange_to(const std::string& target) const {
    for (const auto& line : lines_of("http")) {
      if (line.contains("request") && line["request"].value("target", "") == target) return line;
    }
    return nlohmann::json::object();
  }
  static std::string value_of(const nlohmann::json& fields, const std::string& name) {
    for (const auto& field : fields) {
      if (field.value("name", "") == name) return field.value("value", "");
    }
    return "";
  }

  TracedHost::Http2Ports ports_;
  std::unique_ptr<Child> vendor_;
};

TEST_F(AttachHttp2E2eTest, CapturesNodeOverHttp2) {
  const auto client = host_->start_http2_client(ports_);
  const auto attach = host_->attach(client->tgid(), host_->approve(client->tgid()));

  ASSERT_TRUE(TracedHost::ask(*client, "POST /v1/charges", "200"));
  ASSERT_TRUE(TracedHost::ask(*client, "GET /v1/missing", "404"));
  ASSERT_TRUE(TracedHost::ask(*client, "GET /v1/charges", "200"));
  expect_sealed_without_leaks(*attach);

  EXPECT_THAT(exchanges(), Contains("2 POST /v1/charges 200 complete"));
  EXPECT_THAT(exchanges(), Contains("2 GET /v1/missing 404 complete"));
  EXPECT_THAT(exchanges(), Contains("2 GET /v1/charges 200 complete"));
  const auto line = exchange_to("/v1/missing");
  EXPECT_EQ(line["request"].value("host", ""), kVendorHost);
  EXPECT_THAT(value_of(line["request"]["headers"], "authorization"), HasSubstr("[REDACTED:"));
  EXPECT_EQ(value_of(line["response"]["trailers"], "x-checksum"), "crc-7");
}

TEST_F(AttachHttp2E2eTest, GuessesNothingWhenItJoinsInTheMiddle) {
  const auto client = host_->start_http2_client(ports_);
  ASSERT_TRUE(TracedHost::ask(*client, "GET /v1/before", "200"));
  const auto attach =
      host_->attach(client->tgid(), host_->approve(client->tgid(), {"--third-party", "any"}),
                    {"--third-party", "any"});

  ASSERT_TRUE(TracedHost::ask(*client, "GET /v1/before", "200"));
  ASSERT_TRUE(TracedHost::ask(*client, "POST /v1/charges", "200"));
  expect_sealed_without_leaks(*attach);

  ASSERT_EQ(exchanges().size(), 2U);
  EXPECT_EQ(exchanges()[1], "2 POST /v1/charges 200 complete");
  const std::string text = lines_of("http")[1].dump();
  EXPECT_THAT(text, HasSubstr("<unknown:idx "));
  EXPECT_THAT(text, Not(HasSubstr("x-tenant")));  // its name was said before
}

TEST_F(AttachHttp2E2eTest, TellsHowGrpcCallsEnd) {
  const auto client = host_->start_http2_client(ports_);
  const auto attach = host_->attach(client->tgid(), host_->approve(client->tgid()));

  ASSERT_TRUE(TracedHost::ask(*client, "grpc Charge", "0"));
  ASSERT_TRUE(TracedHost::ask(*client, "grpc Refuse", "5"));
  expect_sealed_without_leaks(*attach);

  const auto charged = exchange_to("/payments.Charges/Charge");
  EXPECT_EQ(charged["response"].value("grpc_status", -1), 0);
  EXPECT_THAT(charged["request"]["body"].value("text", ""), HasSubstr("message {"));
  const auto refused = exchange_to("/payments.Charges/Refuse");
  EXPECT_EQ(refused["response"].value("status", 0), 200);
  EXPECT_EQ(refused["response"].value("grpc_status", -1), 5);
  EXPECT_THAT(refused["response"].dump(), HasSubstr("grpc-message"));
  const Finished shown = run_program(
      {SCOPETRACE_TEST_BIN "/scopetrace", "show", host_->bundle(), "--status", "error"});
  EXPECT_THAT(shown.output, HasSubstr("grpc 5"));
  EXPECT_THAT(shown.output, Not(HasSubstr("/payments.Charges/Charge")));
}

TEST_F(AttachHttp2E2eTest, CapturesWebSocketMessages) {
  const auto client = host_->start_http2_client(ports_);
  const auto attach = host_->attach(client->tgid(), host_->approve(client->tgid()));

  ASSERT_TRUE(TracedHost::ask(*client, "websocket one", "message"));
  ASSERT_TRUE(TracedHost::ask(*client, "websocket two", "message"));
  expect_sealed_without_leaks(*attach);

  std::vector<std::string> told;
  for (const auto& line : lines_of("message")) {
    if (line.value("protocol", "") != "websocket") continue;
    told.push_back(line.value("direction", "") + " " + line.value("kind", "") + " " +
                   line.value("text", ""));
  }
  EXPECT_THAT(told, Contains(::testing::StartsWith("egress text {\"text\":\"one\"")));
  EXPECT_THAT(told, Contains(::testing::StartsWith("egress text {\"text\":\"two\"")));
  EXPECT_EQ(std::count_if(told.begin(), told.end(),
                          [](const std::string& each) { return each.starts_with("ingress text"); }),
            2);
}

// The first request, in HTTP/1, waits until probes are there; the connection in HTTP/2 is seen
// whole.
TEST_F(AttachHttp2E2eTest, CapturesCurlOverHttp2) {
  const std::string name = kVendorHost;
  const std::string base = "https://" + name + ":" + std::to_string(ports_.http2);
  const std::vector<std::string> always = {
      "--cacert",     host_->path("ca.pem"),
      "--connect-to", "::127.0.0.1:",
      "-H",           "Authorization: Bearer " + host_->planted().api_key};
  std::vector<std::string> argv = {"curl", "-sS", "--http1.1"};
  argv.insert(argv.end(), always.begin(), always.end());
  argv.push_back("https://" + name + ":" + std::to_string(host_->vendor().port()) + "/v1/hold");
  argv.insert(argv.end(), {"--next", "-sS", "--http2"});
  argv.insert(argv.end(), always.begin(), always.end());
  argv.insert(argv.end(),
              {"-d", "email=" + host_->planted().email, base + "/v1/one", base + "/v1/missing"});
  Child curl(argv);
  host_->vendor().wait_until_held();
  const auto attach = host_->attach(curl.tgid(), host_->approve(curl.tgid()));
  host_->vendor().release();

  ASSERT_EQ(curl.wait(), 0) << curl.output();
  expect_ended_without_leaks(*attach);
  EXPECT_THAT(exchanges(), Contains("2 POST /v1/one 200 complete"));
  EXPECT_THAT(exchanges(), Contains("2 POST /v1/missing 404 complete"));
}

TEST_F(AttachHttp2E2eTest, CapturesNginxAsServerOfHttp2) {
  const int port = free_loopback_port();
  const auto nginx = host_->start_nginx(port);
  const auto attach = host_->attach(nginx->tgid(), host_->approve(nginx->tgid(), {"--inbound"}));

  const Finished asked = run_program({"curl", "-sS", "--http2", "--cacert", host_->path("ca.pem"),
                                      "-H", "Authorization: Bearer " + host_->planted().api_key,
                                      "https://127.0.0.1:" + std::to_string(port) + "/hook"});
  ASSERT_EQ(asked.status, 0) << asked.output;
  expect_sealed_without_leaks(*attach);

  EXPECT_THAT(exchanges(), Contains("2 GET /hook 202 complete"));
}

}  // namespace
}  // namespace scopetrace::testing
