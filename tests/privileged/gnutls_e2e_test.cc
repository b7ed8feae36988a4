// SPDX-License-Identifier: Apache-2.0
// GnuTLS is captured: wget from the middle of its connection, and gnutls-cli line by line.
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

TEST_F(GnutlsE2eTest, CapturesGnutlsCli) {
  // It waits for input by select(2) and would leave lines in a buffer of standard input.
  Child client({"stdbuf", "-i0", "gnutls-cli", "--x509cafile", host_->path("ca.pem"),
                "--sni-hostname", kVendorHost, "--verify-hostname", kVendorHost, "--crlf", "-p",
                std::to_string(host_->vendor().port()), "127.0.0.1"});
  ASSERT_TRUE(client.wait_for_line("Simple Client Mode"));
  const auto attach = host_->attach(client.tgid(), host_->approve(client.tgid()));

  client.write_line("GET /v1/export?bytes=1 HTTP/1.1");
  client.write_line("Host: " + std::string(kVendorHost));
  client.write_line("Authorization: Bearer " + host_->planted().api_key);
  client.write_line("");
  ASSERT_TRUE(client.wait_for_line("\"row\"")) << client.output();  // all of the body
  expect_sealed_without_leaks(*attach);

  EXPECT_THAT(exchanges(), ElementsAre(Pair("GET /v1/export?bytes=1", 200)));
}

}  // namespace
}  // namespace scopetrace::testing
