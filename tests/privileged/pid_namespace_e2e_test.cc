// SPDX-License-Identifier: Apache-2.0
// Targets in another pid namespace, named from outside and from within.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/privileged/attach_e2e.h"

namespace scopetrace::testing {
namespace {

// The numbers of a process, the innermost last. Source: proc_pid_status(5), NSpid.
std::vector<pid_t> numbers_of(pid_t tgid) {
  std::ifstream status("/proc/" + std::to_string(tgid) + "/status");
  std::vector<pid_t> numbers;
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with("NSpid:")) continue;
    std::istringstream words(line.substr(6));
    for (pid_t number = 0; words >> number;) numbers.push_back(number);
  }
  return numbers;
}

class PidNamespaceE2eTest : public AttachE2eTest {
 protected:
  // Python in a pid namespace whose first process is a shell, which stays when Python ends.
  void start() {
    client_ = host_->start_python([](const std::vector<std::string>& program) {
      std::vector<std::string> words = {
          "unshare", "--pid", "--fork", "--mount-proc", "sh", "-c", "\"$@\"; sleep 1000", "sh"};
      words.insert(words.end(), program.begin(), program.end());
      return words;
    });
    shell_ = children_of(client_->tgid()).at(0);
    numbers_ = numbers_of(children_of(shell_).at(0));
    ASSERT_EQ(numbers_.size(), 2U);
    ASSERT_NE(numbers_[0], numbers_[1]);
  }

  void TearDown() override {
    if (shell_ > 0) ::kill(shell_, SIGKILL);
  }

  void expect_capture(const std::unique_ptr<Child>& attach) {
    ASSERT_TRUE(TracedHost::ask(*client_, "POST /v1/charges", "200"));
    client_->close_input();
    EXPECT_EQ(attach->wait(), 0) << attach->output();  // ends with its target
    host_->run_scopetrace_by({});
    EXPECT_EQ(host_->verify(host_->bundle()).status, 0);
    EXPECT_THAT(host_->leaks({attach->output()}), ::testing::IsEmpty());
    EXPECT_THAT(schema_faults(host_->bundle()), ::testing::IsEmpty());
    EXPECT_EQ(exchanges(), Exchanges({{"POST /v1/charges", 200}}));
    const auto target = TracedHost::lines(host_->bundle()).front().at("target");
    EXPECT_EQ(target.at("tgid"), numbers_[0]);
    EXPECT_EQ(target.at("namespace_tgid"), numbers_[1]);
  }

  std::unique_ptr<Child> client_;
  pid_t shell_ = 0;
  std::vector<pid_t> numbers_;  // of the client: in the initial namespace, in its own
};

TEST_F(PidNamespaceE2eTest, CapturesATargetInAnotherOne) {
  start();

  const auto attach = host_->attach(numbers_[0], host_->approve(numbers_[0]));

  expect_capture(attach);
}

TEST_F(PidNamespaceE2eTest, CapturesFromWithin) {
  start();
  host_->run_scopetrace_by({"nsenter", "--target", std::to_string(shell_), "--pid", "--mount"});

  const auto attach = host_->attach(numbers_[1], host_->approve(numbers_[1]));

  expect_capture(attach);
}

TEST_F(PidNamespaceE2eTest, NamesOneProcessForBothSides) {
  start();
  host_->run_scopetrace_by({"nsenter", "--target", std::to_string(shell_), "--pid", "--mount"});
  const std::string approval = host_->approve(numbers_[1]);
  host_->run_scopetrace_by({});

  const auto attach = host_->attach(numbers_[0], approval);

  expect_capture(attach);
}

}  // namespace
}  // namespace scopetrace::testing
