// SPDX-License-Identifier: Apache-2.0
// What becomes of a capture, its bundle and above all its target when something dies, hangs or is
// full.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "tests/support/traced_host.h"

namespace scopetrace::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Private memory, and the pages of the payload ring, which is mapped twice in a row.
constexpr std::uint64_t kMaxRedactorBytes = (64ULL + 2 * 32) << 20;

class AttachFaultE2eTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to attach probes";
    host_ = std::make_unique<TracedHost>();
    client_ = host_->start_python();
  }

  // scopetrace → scopetrace-capture → scopetrace-redact
  static pid_t capture_of(const Child& attach) {
    const auto children = children_of(attach.tgid());
    return children.empty() ? -1 : children.front();
  }
  static pid_t redactor_of(const Child& attach) {
    const auto children = children_of(capture_of(attach));
    return children.empty() ? -1 : children.front();
  }

  std::unique_ptr<Child> attach(const std::vector<std::string>& options = {}) {
    return host_->attach(client_->tgid(), host_->approve(client_->tgid()), options);
  }
  static std::vector<std::string> requests_in(const std::string& bundle) {
    std::vector<std::string> targets;
    for (const auto& line : TracedHost::lines(bundle)) {
      if (line.value("type", "") == "http") targets.push_back(line["request"].value("target", ""));
    }
    return targets;
  }
  static std::uint64_t lost_events_in(const std::string& bundle) {
    const auto last = TracedHost::lines(bundle).back();
    EXPECT_EQ(last.value("type", ""), "summary");
    return last["losses"]["lost_kernel_events"].get<std::uint64_t>();
  }
  static bool has_ended(const UniqueFd& pidfd) {
    pollfd ended{.fd = pidfd.get(), .events = POLLIN, .revents = 0};
    return ::poll(&ended, 1, std::chrono::milliseconds(kPatience).count()) == 1;
  }
  // The target is the same process and still gets its answers.
  void expect_target_unharmed() { EXPECT_TRUE(TracedHost::ask(*client_, "GET /v1/limits", "429")); }

  std::unique_ptr<TracedHost> host_;
  std::unique_ptr<Child> client_;
};

TEST_F(AttachFaultE2eTest, EndsByItselfAtTheDeadline) {
  const auto attach = this->attach({"--for", "1s"});

  EXPECT_EQ(attach->wait(), 0) << attach->output();
  expect_target_unharmed();

  EXPECT_THAT(attach->output(), HasSubstr("limit"));
  EXPECT_THAT(host_->verify(host_->bundle()).output, HasSubstr("COMPLETE"));
}

TEST_F(AttachFaultE2eTest, SealsWhenTheRedactorIsKilled) {
  const auto attach = this->attach();
  ASSERT_TRUE(TracedHost::ask(*client_, "POST /v1/charges", "200"));

  ASSERT_EQ(::kill(redactor_of(*attach), SIGKILL), 0);

  EXPECT_EQ(attach->wait(), 1) << attach->output();
  expect_target_unharmed();
  EXPECT_EQ(host_->verify(host_->bundle()).status, 0);
  EXPECT_THAT(host_->leaks({attach->output()}), IsEmpty());
}

TEST_F(AttachFaultE2eTest, SealsWhenTheRedactorHangs) {
  const auto attach = this->attach();

  ASSERT_EQ(::kill(redactor_of(*attach), SIGSTOP), 0);

  EXPECT_EQ(attach->wait(), 1) << attach->output();
  expect_target_unharmed();
  EXPECT_EQ(host_->verify(host_->bundle()).status, 0);
  EXPECT_THAT(host_->leaks({attach->output()}), IsEmpty());
}

TEST_F(AttachFaultE2eTest, LeavesSealedPrefixAndNoProbeWhenCaptureIsKilled) {
  const auto attach = this->attach();
  const UniqueFd redactor(static_cast<int>(::syscall(SYS_pidfd_open, redactor_of(*attach), 0)));

  ASSERT_EQ(::kill(capture_of(*attach), SIGKILL), 0);

  EXPECT_NE(attach->wait(), 0) << attach->output();
  expect_target_unharmed();
  EXPECT_FALSE(std::filesystem::exists(host_->bundle()));
  EXPECT_EQ(host_->verify(host_->bundle() + ".incomplete").status, 5);
  EXPECT_TRUE(has_ended(redactor));
  EXPECT_THAT(host_->leaks({attach->output()}), IsEmpty());
}

TEST_F(AttachFaultE2eTest, AbandonsOnSecondInterrupt) {
  const auto attach = this->attach();
  ASSERT_EQ(::kill(redactor_of(*attach), SIGSTOP), 0);  // so that the first cannot end it at once

  attach->send_signal(SIGINT);
  attach->send_signal(SIGINT);

  EXPECT_NE(attach->wait(), 0) << attach->output();
  expect_target_unharmed();
}

TEST_F(AttachFaultE2eTest, EndsWhenTheTargetEnds) {
  const auto attach = this->attach();

  client_->close_input();
  EXPECT_EQ(client_->wait(), 0);

  EXPECT_EQ(attach->wait(), 0) << attach->output();
  EXPECT_EQ(host_->verify(host_->bundle()).status, 0);
}

TEST_F(AttachFaultE2eTest, EndsWhenTheTargetBecomesAnotherProgram) {
  Child shell({"bash", "-c", "read -r; exec sleep 60"});
  const auto attach = host_->attach(shell.tgid(), host_->approve(shell.tgid()));

  shell.write_line("go");

  EXPECT_EQ(attach->wait(), 0) << attach->output();
  EXPECT_EQ(host_->verify(host_->bundle()).status, 0);
}

TEST_F(AttachFaultE2eTest, SurvivesHeadersWithoutEndAndBytesOfNoProtocol) {
  client_ = host_->start_hostile();
  const auto child = attach();

  for (const char* hostile : {"header 100000000", "garbage 3000000", "request"}) {
    client_->write_line(hostile);
    ASSERT_EQ(client_->read_line(), "sent");
  }
  const std::uint64_t peak_bytes = peak_memory_of(redactor_of(*child));
  child->send_signal(SIGINT);

  EXPECT_EQ(child->wait(), 0) << child->output();
  EXPECT_GT(peak_bytes, 0U);
  EXPECT_LT(peak_bytes, kMaxRedactorBytes);
  // The flood may use the CPU budget up: then what follows in its window is lost, and counted.
  if (lost_events_in(host_->bundle()) == 0) {
    EXPECT_THAT(requests_in(host_->bundle()), Contains("/v1/request"));
  }
  EXPECT_EQ(host_->verify(host_->bundle()).status, 0);
  EXPECT_THAT(host_->leaks({child->output()}), IsEmpty());
}

TEST_F(AttachFaultE2eTest, SealsWhatFitsWhenTheDiskIsFull) {
  const std::string disk = host_->path("disk");
  ASSERT_EQ(::mkdir(disk.c_str(), 0755), 0);
  ASSERT_EQ(::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=512k"), 0);
  const std::string bundle = disk + "/bundle.jsonl.zst";

  const auto attach = this->attach({"-o", bundle});
  for (int i = 0; i < 60; ++i) {
    EXPECT_TRUE(TracedHost::ask(*client_, "GET /v1/readings?bytes=100000", "200"));
  }
  const int status = attach->wait();
  const int verdict = host_->verify(bundle).status;
  const auto leaks = host_->leaks({attach->output()});
  ::umount2(disk.c_str(), MNT_DETACH);

  EXPECT_EQ(status, 1);
  EXPECT_THAT(attach->output(), HasSubstr("the disk is full"));
  EXPECT_EQ(verdict, 0) << attach->output();
  EXPECT_THAT(leaks, IsEmpty());
}

}  // namespace
}  // namespace scopetrace::testing
