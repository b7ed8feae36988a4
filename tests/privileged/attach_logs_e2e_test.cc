// SPDX-License-Identifier: Apache-2.0
// Whole captures of a program that logs planted values everywhere.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "tests/privileged/attach_e2e.h"

namespace scopetrace::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

class AttachLogsE2eTest : public AttachE2eTest {
 protected:
  // Captures what the program logs once, under an approval for `families`.
  void capture(const std::string& families, const std::string& level) {
    const auto client = host_->start_log_writer(file_);
    const std::string approval = host_->approve(client->tgid(), {"--capture", families});
    const auto attach = host_->attach(client->tgid(), approval, {"--level", level});
    client->write_line("log");
    ASSERT_TRUE(client->wait_for_line("done"));
    expect_sealed_without_leaks(*attach);
  }
  // The lines of this type and sink.
  Lines lines_of(const std::string& type, const std::string& sink) const {
    Lines found;
    for (const auto& line : AttachE2eTest::lines_of(type)) {
      if (line.value("sink", "") == sink) found.push_back(line);
    }
    return found;
  }

  void TearDown() override { ::unlink(file_.c_str()); }

  // What the program has itself: not searched for leaks.
  const std::string file_ = "/tmp/scopetrace-e2e-" + std::to_string(::getpid()) + ".log";
};

TEST_F(AttachLogsE2eTest, TellsEveryLogRedacted) {
  capture("logs", "redacted");

  const Lines errors = lines_of("log", "stderr");
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_EQ(errors[0]["level"], "debug");
  EXPECT_THAT(errors[0]["classes"], Contains("email"));
  EXPECT_EQ(errors[1]["level"], "warn");
  EXPECT_THAT(errors[1]["text"], HasSubstr("WARNING login of [REDACTED:email"));
  const Lines system = lines_of("log", "syslog");
  ASSERT_EQ(system.size(), 1U);
  EXPECT_EQ(system[0]["level"], "error");
  EXPECT_EQ(system[0]["format"], "syslog");
  const Lines file = lines_of("log", "file");
  ASSERT_EQ(file.size(), 1U);
  EXPECT_EQ(file[0]["format"], "json");
  EXPECT_EQ(file[0]["level"], "trace");
  EXPECT_THAT(file[0]["text"], HasSubstr("[REDACTED:"));
  const Lines journal = lines_of("log", "journal");
  ASSERT_EQ(journal.size(), 1U);
  EXPECT_EQ(journal[0]["level"], "warn");
  EXPECT_THAT(journal[0]["text"], HasSubstr("was refused"));
  ASSERT_EQ(lines_of("log", "stdout").size(), 1U);
  const Lines total = lines_of("log-total", "stderr");
  ASSERT_EQ(total.size(), 1U);
  EXPECT_EQ(total[0]["lines"], 2);
  EXPECT_EQ(total[0]["debug_percent"], 50);
}

TEST_F(AttachLogsE2eTest, KeepsNoTextBelowLevelRedacted) {
  capture("logs", "metadata");

  const Lines errors = lines_of("log", "stderr");
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_FALSE(errors[0].contains("text"));
  EXPECT_THAT(errors[0]["shape"], HasSubstr("<email>"));
  EXPECT_FALSE(lines_of("log", "file")[0].contains("file"));
}

// The same program with the family shows that there was something to keep.
TEST_F(AttachLogsE2eTest, KeepsNothingUnlessTheFamilyIsApproved) {
  for (const std::string families : {"sockets,process,logs", "sockets,process"}) {
    ::unlink(host_->bundle().c_str());
    capture(families, "redacted");

    const bool is_approved = families != "sockets,process";
    for (const std::string sink : {"stdout", "stderr", "syslog", "journal", "file"}) {
      EXPECT_EQ(lines_of("log", sink).empty(), !is_approved) << families << sink;
      EXPECT_EQ(lines_of("log-total", sink).empty(), !is_approved) << families << sink;
    }
  }
}

}  // namespace
}  // namespace scopetrace::testing
