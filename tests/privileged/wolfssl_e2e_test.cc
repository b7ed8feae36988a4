// SPDX-License-Identifier: Apache-2.0
// wolfSSL is captured; what was looked at (wolfSSL_peek) before it was read, once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/privileged/attach_e2e.h"
#include "tests/support/traced_host.h"

namespace scopetrace::testing {
namespace {

using ::testing::Contains;
using ::testing::Pair;

class WolfsslE2eTest : public AttachE2eTest {};

TEST_F(WolfsslE2eTest, CapturesBothDirections) {
  const auto client = host_->start_client({TracedHost::stack_client("wolfssl")});
  const auto attach = host_->attach(client->tgid(), host_->approve(client->tgid()));

  ASSERT_TRUE(TracedHost::ask(*client, "POST /v1/charges", "200"));
  ASSERT_TRUE(TracedHost::ask(*client, "GET /v1/limits", "429"));
  ASSERT_TRUE(TracedHost::ask(*client, "GET /v1/export?bytes=40000", "200"));
  expect_sealed_without_leaks(*attach);

  EXPECT_THAT(exchanges(), Contains(Pair("POST /v1/charges", 200)));
  EXPECT_THAT(exchanges(), Contains(Pair("GET /v1/limits", 429)));
  EXPECT_THAT(exchanges(), Contains(Pair("GET /v1/export?bytes=40000", 200)));
  EXPECT_THAT(coverage_of("libwolfssl"), Contains("covered"));
}

}  // namespace
}  // namespace scopetrace::testing
