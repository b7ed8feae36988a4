// SPDX-License-Identifier: Apache-2.0
// One request among many at once: it and what it causes are in the bundle, nothing of the others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "tests/privileged/attach_e2e.h"
#include "tests/support/loopback.h"

namespace scopetrace::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class RequestScopeE2eTest : public AttachE2eTest {
 protected:
  void SetUp() override {
    AttachE2eTest::SetUp();
    if (host_) host_->lift_budgets();
  }
  std::unique_ptr<Child> attach_to_request(pid_t tgid, const std::string& id,
                                           const std::string& header = "x-request-id") {
    const std::vector<std::string> options = {"--inbound", "--request-id", id, "--request-header",
                                              header};
    return host_->attach(tgid, host_->approve(tgid, options));
  }
  void seal(Child& attach) {
    expect_sealed_without_leaks(attach);
    EXPECT_THAT(lines_of("message"), IsEmpty());
    EXPECT_EQ(summary()["losses"].value("lost_kernel_events", -1), 0) << summary();
  }

  // "GET /v1/status 200 id", for each exchange.
  std::vector<std::string> exchanges() const {
    std::vector<std::string> found;
    for (const auto& line : lines_of("http")) {
      const auto request = line.value("request", nlohmann::json::object());
      const auto response = line.value("response", nlohmann::json::object());
      found.push_back(request.value("method", "-") + " " + request.value("target", "-") + " " +
                      std::to_string(response.value("status", 0)) + " " +
                      line.value("correlation", "-"));
    }
    return found;
  }
};

TEST_F(RequestScopeE2eTest, FollowsOneRequestThroughItsThread) {
  const auto gateway = host_->start_gateway();
  const std::string port = gateway->read_line().value_or("");
  const auto attach = attach_to_request(gateway->tgid(), "req-4711-of-one");

  TracedHost::load_gateway(port, "X-Request-Id", "req-4711-of-one");
  ASSERT_TRUE(gateway->wait_for_line("after " + TracedHost::known_target() + " 500"));
  seal(*attach);

  // What the thread asks for behind its answer is no part of the request.
  EXPECT_THAT(exchanges(),
              UnorderedElementsAre("GET " + TracedHost::known_target() + " 200 id",
                                   "GET /v1/status 200 id", "GET /v1/limits 429 thread"));
}

TEST_F(RequestScopeE2eTest, FollowsTheIdThroughNginx) {
  const int port = free_loopback_port();
  const auto nginx = host_->start_nginx(port);
  const std::string approval = host_->approve(nginx->tgid(), {"--inbound"});
  const auto attach = host_->attach(nginx->tgid(), approval,
                                    {"--request-id", "req-4711-of-one"});  // narrower than approved

  TracedHost::load_gateway(std::to_string(port), "X-Request-Id", "req-4711-of-one");
  seal(*attach);

  EXPECT_THAT(exchanges(), UnorderedElementsAre("GET " + TracedHost::known_target() + " 200 id",
                                                "GET /v1/status 200 id"));
}

TEST_F(RequestScopeE2eTest, FollowsTheIdThroughAnEventLoop) {
  const auto gateway = host_->start_node_gateway();
  const std::string port = gateway->read_line().value_or("");
  const auto attach = attach_to_request(gateway->tgid(), "req-4711-of-one");

  TracedHost::load_gateway(port, "X-Request-Id", "req-4711-of-one");
  seal(*attach);

  // Whose the call without the id is, nobody can know: one thread serves them all.
  EXPECT_THAT(exchanges(), UnorderedElementsAre("GET " + TracedHost::known_target() + " 200 id",
                                                "GET /v1/status 200 id"));
}

TEST_F(RequestScopeE2eTest, FollowsTheIdThroughGoroutines) {
  const auto gateway = host_->start_go_gateway();
  const std::string port = gateway->read_line().value_or("");
  const auto attach = attach_to_request(gateway->tgid(), "req-4711-of-one");

  TracedHost::load_gateway(port, "X-Request-Id", "req-4711-of-one");
  seal(*attach);

  // The call without the id is written by a goroutine of its connection, which serves every
  // request.
  EXPECT_THAT(exchanges(),
              UnorderedElementsAre("GET " + TracedHost::known_target() + " 200 id",
                                   "GET /v1/status 200 id", "GET /v1/limits 429 goroutine"));
}

}  // namespace
}  // namespace scopetrace::testing
