// SPDX-License-Identifier: Apache-2.0
// Whole captures of a program's system calls, with planted values in its paths.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/privileged/attach_e2e.h"
#include "tests/support/loopback.h"

namespace scopetrace::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class AttachCallsE2eTest : public AttachE2eTest {
 protected:
  void SetUp() override {
    AttachE2eTest::SetUp();
    if (IsSkipped()) return;
    host_->lift_budgets();  // its bursts of calls are short, and each of them is expected
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // Captures one round of the program under an approval for `families`.
  void capture(const std::string& families, const std::string& level,
               std::vector<std::string> options = {}) {
    const auto client = host_->start_caller(folder_, free_loopback_port());
    const std::string approval = host_->approve(client->tgid(), {"--capture", families});
    options.insert(options.end(), {"--level", level});
    const auto attach = host_->attach(client->tgid(), approval, options);
    client->write_line("go");
    ASSERT_TRUE(client->wait_for_line("done"));
    expect_sealed_without_leaks(*attach);
  }
  // The calls of this name, as JSON.
  std::vector<nlohmann::json> calls(const std::string& name) const {
    std::vector<nlohmann::json> found;
    for (const auto& line : lines_of("syscall")) {
      if (line.value("name", "") == name) found.push_back(line);
    }
    return found;
  }
  // The first call whose argument holds this text; an empty object when there is none.
  nlohmann::json call_with(const std::string& name, const std::string& argument,
                           const std::string& text) const {
    for (const auto& line : calls(name)) {
      if (line["arguments"].value(argument, "").find(text) != std::string::npos) return line;
    }
    return nlohmann::json::object();
  }

  std::string folder_ = "/tmp/scopetrace-calls.XXXXXX";  // of what the program has: not searched
};

TEST_F(AttachCallsE2eTest, TellsFilesWithRedactedPaths) {
  capture("files", "redacted");

  const auto opened = call_with("openat", "path", "token=[REDACTED:");
  ASSERT_TRUE(opened.contains("result"));
  EXPECT_EQ(opened["family"], "files");
  EXPECT_EQ(opened["arguments"]["folder"], -100);
  EXPECT_THAT(opened["arguments"]["flags"].get<std::string>(), HasSubstr("0x"));
  EXPECT_EQ(call_with("openat", "path", "/missing")["error"], "ENOENT");
  EXPECT_EQ(call_with("rename", "path", "[REDACTED:")["result"], 0);
  EXPECT_EQ(call_with("rename", "to", "[REDACTED:")["result"], 0);
  EXPECT_EQ(call_with("unlink", "path", "[REDACTED:")["result"], 0);
  EXPECT_EQ(call_with("mkdir", "path", "/made")["arguments"]["mode"], "0777");
  EXPECT_THAT(calls("connect"), IsEmpty());
}

TEST_F(AttachCallsE2eTest, TellsSocketsWithTheirTimes) {
  capture("sockets,process", "headers");

  ASSERT_EQ(calls("connect").size(), 2U);
  EXPECT_THAT(calls("connect")[0]["arguments"]["address"].get<std::string>(),
              HasSubstr("127.0.0.1:"));
  EXPECT_EQ(calls("connect")[1]["error"], "EINPROGRESS");
  EXPECT_TRUE(call_with("setsockopt", "value", "SO_RCVTIMEO=1500ms").contains("result"));
  EXPECT_TRUE(call_with("setsockopt", "value", "TCP_USER_TIMEOUT=7000").contains("result"));
  ASSERT_EQ(calls("poll").size(), 1U);
  EXPECT_EQ(calls("poll")[0]["result"], 0);
  EXPECT_EQ(calls("poll")[0]["arguments"]["timeout_ms"], 5);
  ASSERT_EQ(calls("shutdown").size(), 1U);
  EXPECT_TRUE(calls("shutdown")[0].contains("conn"));
  ASSERT_EQ(calls("kill").size(), 1U);
  EXPECT_EQ(calls("kill")[0]["family"], "process");
  EXPECT_THAT(calls("openat"), IsEmpty());
  EXPECT_THAT(calls("close"), IsEmpty());
  EXPECT_FALSE(calls("poll")[0].contains("duration_ns"));
}

TEST_F(AttachCallsE2eTest, TimesCallsWhenAsked) {
  capture("sockets,files", "redacted", {"--timing"});

  EXPECT_GT(call_with("openat", "path", "/missing").value("duration_ns", 0), 0);
  ASSERT_EQ(calls("poll").size(), 2U);  // the second one ended well
  EXPECT_GE(calls("poll")[0].value("duration_ns", 0), 5'000'000);
  EXPECT_EQ(calls("poll")[1]["result"], 1);
  EXPECT_GE(calls("poll")[1].value("duration_ns", 0), 1'000'000);
  ASSERT_EQ(calls("pselect6").size(), 1U);
  EXPECT_EQ(calls("pselect6")[0]["arguments"]["timeout_ms"], 30);
  EXPECT_GE(calls("pselect6")[0].value("duration_ns", 0), 30'000'000);
  ASSERT_EQ(calls("close").size(), 1U);  // of its many descriptors one is a connection
  EXPECT_EQ(calls("close")[0]["conn"], calls("shutdown")[0]["conn"]);
}

TEST_F(AttachCallsE2eTest, RefusesToTimeWhatIsNotCaptured) {
  const auto client = host_->start_caller(folder_, free_loopback_port());
  const std::string approval = host_->approve(client->tgid(), {"--capture", "tls"});
  const Finished refused = host_->try_attach(client->tgid(), approval, {"--timing"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.output, HasSubstr("--timing: no system calls are captured"));
}

TEST_F(AttachCallsE2eTest, KeepsNoPathAtLevelMetadata) {
  capture("sockets,files", "metadata");

  ASSERT_FALSE(calls("mkdir").empty());
  EXPECT_FALSE(calls("mkdir")[0]["arguments"].contains("path"));
  EXPECT_THAT(calls("connect"), IsEmpty());
}

}  // namespace
}  // namespace scopetrace::testing
