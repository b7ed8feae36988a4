// SPDX-License-Identifier: Apache-2.0
// NSS is captured through NSPR, whose functions also read and write plain files: those are left
// out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/privileged/attach_e2e.h"
#include "tests/support/traced_host.h"

namespace scopetrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

class NssE2eTest : public AttachE2eTest {
 protected:
  // NSS's test client, which sends its standard input and prints what it gets.
  std::unique_ptr<Child> start_tstclnt() {
    const std::string database = "sql:" + host_->path("nss");
    std::filesystem::create_directory(host_->path("nss"));
    for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
             {"certutil", "-N", "-d", database, "--empty-password"},
             {"certutil", "-A", "-d", database, "-n", "vendor", "-t", "CT,,", "-i",
              host_->path("ca.pem")}}) {
      const Finished finished = run_program(command);
      EXPECT_EQ(finished.status, 0) << finished.output;
    }
    auto client = std::make_unique<Child>(std::vector<std::string>{
        "tstclnt", "-h", "127.0.0.1", "-p", std::to_string(host_->vendor().port()), "-a",
        kVendorHost, "-d", database, "-v"});
    EXPECT_TRUE(client->wait_for_line("subject DN")) << client->output();
    return client;
  }
};

TEST_F(NssE2eTest, CapturesTlsAndNoPlainDescriptors) {
  const auto client = start_tstclnt();
  const auto attach = host_->attach(client->tgid(), host_->approve(client->tgid()));

  client->write_line("GET /v1/broken HTTP/1.1\r\nHost: " + std::string(kVendorHost) + "\r\n\r");
  ASSERT_TRUE(client->wait_for_line("500")) << client->output();
  client->write_line("GET /v1/limits HTTP/1.1\r\nHost: " + std::string(kVendorHost) +
                     "\r\nAuthorization: Bearer " + host_->planted().api_key + "\r\n\r");
  ASSERT_TRUE(client->wait_for_line("429")) << client->output();
  expect_sealed_without_leaks(*attach);

  EXPECT_THAT(exchanges(), ElementsAre(Pair("GET /v1/broken", 500), Pair("GET /v1/limits", 429)));
  EXPECT_THAT(coverage_of("libnspr4"), ElementsAre("covered"));
  for (const auto& line : TracedHost::lines(host_->bundle())) {
    EXPECT_NE(line.value("type", ""), "message") << line.dump();
  }
}

TEST_F(NssE2eTest, LeavesPlainSocketsOut) {
  const auto client =
      host_->start_client({"/usr/bin/python3", SCOPETRACE_TEST_TARGETS "/nspr_plain_client.py"});
  const auto attach = host_->attach(client->tgid(), host_->approve(client->tgid()));

  ASSERT_TRUE(TracedHost::ask(*client, "GET /first", "204"));
  ASSERT_TRUE(TracedHost::ask(*client, "GET /second", "204"));
  expect_sealed_without_leaks(*attach);

  EXPECT_THAT(coverage_of("libnspr4"), ElementsAre("covered"));
  for (const auto& line : TracedHost::lines(host_->bundle())) {
    const std::string type = line.value("type", "");
    EXPECT_TRUE(type != "http" && type != "message") << line.dump();
  }
}

}  // namespace
}  // namespace scopetrace::testing
