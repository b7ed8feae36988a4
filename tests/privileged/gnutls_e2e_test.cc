// SPDX-License-Identifier: Apache-2.0
// GnuTLS is captured: wget, which reads less than a record at a time, so that most reads use no
// socket.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/privileged/attach_e2e.h"
#include "tests/support/traced_host.h"

namespace scopetrace::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Pair;

class GnutlsE2eTest : public AttachE2eTest {};

TEST_F(GnutlsE2eTest, CapturesWgetFromTheMiddleOfItsConnection) {
  const std::string base = "https://127.0.0.1:" + std::to_string(host_->vendor().port());
  Child wget({"wget", "-q", "--no-config", "--no-hsts", "--no-proxy", "--ca-certificate",
              host_->path("ca.pem"), "--header", "Host: " + std::string(kVendorHost), "--header",
              "Authorization: Bearer " + host_->planted().api_key, "-O", host_->path("empty"),
              base + "/v1/hold", base + "/v1/customers", base + "/v1/export?bytes=100000"});
  host_->vendor().wait_until_held();
  const auto attach = host_->attach(wget.tgid(), host_->approve(wget.tgid()));

  host_->vendor().release();
  ASSERT_EQ(wget.wait(), 0) << wget.output();
  ASSERT_EQ(attach->wait(), 0) << attach->output();
  std::filesystem::remove(host_->path("empty"));

  EXPECT_THAT(exchanges(), Contains(Pair("GET /v1/customers", 200)));
  EXPECT_THAT(exchanges(), Contains(Pair("GET /v1/export?bytes=100000", 200)));
  EXPECT_EQ(host_->verify(host_->bundle()).status, 0);
  EXPECT_THAT(host_->leaks({attach->output()}), ::testing::IsEmpty());
  EXPECT_THAT(coverage_of("libgnutls"), ElementsAre("covered"));
}

}  // namespace
}  // namespace scopetrace::testing
