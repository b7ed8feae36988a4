// SPDX-License-Identifier: Apache-2.0
// Captures of a real program that are encrypted to a recipient: what reaches the disk, and what a
// recipient gets back, also when something was killed on the way.
#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include "tests/privileged/attach_e2e.h"
#include "userspace/session/front/front_channel.h"
#include "userspace/session/front/helper.h"

namespace scopetrace::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class EncryptedE2eTest : public AttachE2eTest {
 protected:
  void SetUp() override {
    AttachE2eTest::SetUp();
    if (IsSkipped()) return;
    ASSERT_EQ(run_program({"age-keygen", "-o", identity()}).status, 0);
    client_ = host_->start_python();
    approval_ = host_->approve(client_->tgid(), {"--recipient", recipient()});
  }

  std::string identity() const { return host_->path("reader"); }
  std::string recipient() const {
    std::string key = run_program({"age-keygen", "-y", identity()}).output;
    key.pop_back();
    return key;
  }
  std::string encrypted() const { return host_->bundle() + ".age"; }
  std::unique_ptr<Child> attach() {
    return host_->attach(client_->tgid(), approval_, {"-o", encrypted()});
  }
  // Decrypted by stock age to where the plain bundle would be.
  void decrypt(const std::string& file) const {
    run_program({"bash", "-c", "age -d -i " + identity() + " " + file + " >" + host_->bundle()});
  }
  // By stock tools, in which an error of a cut file never stands between its lines.
  bool has_the_charge(const std::string& file) const {
    return run_program({"bash", "-c",
                        "age -d -i " + identity() + " " + file +
                            " 2>/dev/null | zstd -q -dc 2>/dev/null | "
                            "grep -q '^{\"type\":\"http\".*/v1/charges'"})
               .status == 0;
  }
  // Until a recipient could read the charge from the file that is still being written.
  bool wait_until_pushed_out(const std::string& file) const {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < deadline) {
      if (has_the_charge(file)) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return false;
  }
  static std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream bytes;
    bytes << file.rdbuf();
    return bytes.str();
  }
  static void kill_child(pid_t parent, const std::string& name) {
    const pid_t child = child_called(parent, name);
    ASSERT_GT(child, 0) << "no child is called " << name;
    EXPECT_EQ(::kill(child, SIGKILL), 0);
  }

  // What recover makes of an interrupted file: encrypted to the same recipient, with what was
  // pushed out, and with nothing plain beside it.
  void expect_recovered(const std::string& file) const {
    const std::string kept = host_->path("kept.jsonl.zst.age");
    const Finished recovered = host_->recover(file, {"-i", identity(), "-o", kept});
    EXPECT_EQ(recovered.status, 0) << recovered.output;
    EXPECT_THAT(recovered.output, HasSubstr("kept.jsonl.zst.age: INCOMPLETE"));
    EXPECT_THAT(recovered.output, HasSubstr("encrypted again to 1 recipients"));
    EXPECT_EQ(read(kept).rfind("age-encryption.org/v1\n", 0), 0u);
    EXPECT_FALSE(std::filesystem::exists(host_->bundle()));
    EXPECT_TRUE(has_the_charge(kept));
    EXPECT_EQ(host_->ledger("decrypt").size(), 1u);  // which says it once
    EXPECT_THAT(host_->leaks({recovered.output}), IsEmpty());
    decrypt(kept);
    const Finished verdict = host_->verify(host_->bundle());
    EXPECT_EQ(verdict.status, 5) << verdict.output;
    EXPECT_THAT(schema_faults(host_->bundle()), IsEmpty());
  }

  std::unique_ptr<Child> client_;
  std::string approval_;
};

TEST_F(EncryptedE2eTest, NothingButCiphertextReachesTheDisk) {
  const auto attach = this->attach();
  ASSERT_TRUE(TracedHost::ask(*client_, "POST /v1/charges", "200"));
  attach->send_signal(SIGINT);
  ASSERT_EQ(attach->wait(), 0) << attach->output();

  EXPECT_FALSE(std::filesystem::exists(encrypted() + ".incomplete"));
  EXPECT_FALSE(std::filesystem::exists(host_->bundle()));
  const std::string bytes = read(encrypted());
  EXPECT_EQ(bytes.rfind("age-encryption.org/v1\n", 0), 0u);
  EXPECT_THAT(bytes, Not(HasSubstr("scopetrace-session v1")));
  EXPECT_THAT(bytes, Not(HasSubstr("\x28\xb5\x2f\xfd")));  // a zstd frame
  EXPECT_THAT(host_->leaks({attach->output()}), IsEmpty());

  decrypt(encrypted());  // and what the recipient gets is as good as any other bundle
  EXPECT_TRUE(has_the_charge(encrypted()));
  EXPECT_EQ(host_->verify(host_->bundle()).status, 0);
  EXPECT_THAT(host_->leaks(), IsEmpty());
  EXPECT_THAT(schema_faults(host_->bundle()), IsEmpty());
}

TEST_F(EncryptedE2eTest, WhatWasPushedOutSurvivesThatAgeIsKilled) {
  const auto attach = this->attach();
  ASSERT_TRUE(TracedHost::ask(*client_, "POST /v1/charges", "200"));
  const std::string file = encrypted() + ".incomplete";
  ASSERT_TRUE(wait_until_pushed_out(file));

  kill_child(attach->tgid(), "age");

  EXPECT_EQ(attach->wait(), 1) << attach->output();
  EXPECT_THAT(attach->output(), HasSubstr("encryption failed: age: killed by signal 9"));
  EXPECT_TRUE(TracedHost::ask(*client_, "GET /v1/limits", "429"));
  EXPECT_FALSE(std::filesystem::exists(encrypted()));
  EXPECT_TRUE(has_the_charge(file));
  EXPECT_THAT(host_->leaks({attach->output()}), IsEmpty());
  expect_recovered(file);
}

// As when the machine goes: nobody ends anything.
TEST_F(EncryptedE2eTest, AtMostFiveSecondsAreLostWhenAllAreKilledAtOnce) {
  constexpr int kRounds = 40;
  constexpr std::chrono::milliseconds kBetween{200};
  const auto attach = this->attach();
  const std::string file = encrypted() + ".incomplete";
  std::vector<std::chrono::system_clock::time_point> answered;
  for (int round = 0; round < kRounds; ++round) {
    ASSERT_TRUE(TracedHost::ask(*client_, "POST /v1/charges", "200"));
    answered.push_back(std::chrono::system_clock::now());
    std::this_thread::sleep_for(kBetween);
  }
  const pid_t age = child_called(attach->tgid(), "age");
  const pid_t capture = child_called(attach->tgid(), "scopetrace-capt");
  ASSERT_TRUE(age > 0 && capture > 0);

  const auto killed = std::chrono::system_clock::now();
  for (const pid_t process : {age, capture, attach->tgid()}) EXPECT_EQ(::kill(process, SIGKILL), 0);

  EXPECT_EQ(attach->wait(), 128 + SIGKILL);
  expect_recovered(file);
  const auto kept = exchanges().size();
  const auto due = std::count_if(answered.begin(), answered.end(), [&](const auto& time) {
    return killed - time > std::chrono::seconds(5);
  });
  EXPECT_GT(due, 10);
  EXPECT_GE(kept, static_cast<std::size_t>(due));
}

TEST_F(EncryptedE2eTest, IsFollowedWhileItIsWritten) {
  const auto attach = this->attach();
  const auto show = host_->show(encrypted(), {"--follow", "--json", "-i", identity()});
  ASSERT_TRUE(TracedHost::ask(*client_, "POST /v1/charges", "200"));

  EXPECT_TRUE(show->wait_for_line("/v1/charges"));

  EXPECT_TRUE(std::filesystem::exists(encrypted() + ".incomplete"));  // it runs
  attach->send_signal(SIGINT);
  EXPECT_EQ(attach->wait(), 0) << attach->output();
  EXPECT_EQ(show->wait(), 0);
  EXPECT_THAT(show->output(), HasSubstr("\"type\":\"summary\""));
  EXPECT_EQ(host_->ledger("decrypt").size(), 1u);
  EXPECT_THAT(host_->leaks({show->output()}), IsEmpty());
}

TEST_F(EncryptedE2eTest, AllThatCaptureWroteIsThereWhenItIsKilled) {
  const auto attach = this->attach();
  ASSERT_TRUE(TracedHost::ask(*client_, "POST /v1/charges", "200"));
  const std::string file = encrypted() + ".incomplete";
  ASSERT_TRUE(wait_until_pushed_out(file));

  kill_child(attach->tgid(), "scopetrace-capt");

  EXPECT_EQ(attach->wait(), 1) << attach->output();
  EXPECT_TRUE(has_the_charge(file));
  EXPECT_THAT(host_->leaks({attach->output()}), IsEmpty());
  expect_recovered(file);
}

// A front end that was changed asks for a plain file all the same.
TEST_F(EncryptedE2eTest, CaptureRefusesAPlainOutput) {
  CaptureRequest request;
  request.approval = read(approval_);
  request.root = host_->path("root");
  request.tgid = static_cast<std::uint32_t>(client_->tgid());
  const UniqueFd output(::open(host_->bundle().c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600));
  auto helper = start_helper(std::string(SCOPETRACE_TEST_BIN) + "/scopetrace-capture");
  ASSERT_TRUE(helper);
  ASSERT_TRUE(send_front_message(helper->channel.get(), FrontMessageType::kRequest,
                                 encode_request(request), output.get()));

  const auto answer = receive_front_message(helper->channel.get());

  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->type, FrontMessageType::kError);
  const auto error = decode_error(answer->body);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code(), ErrorCode::kRefused);
  EXPECT_THAT(error->message(), HasSubstr("names recipients, but the output is a file"));
  helper->channel = UniqueFd();
  helper->wait();
  EXPECT_EQ(std::filesystem::file_size(host_->bundle()), 0u);
}

}  // namespace
}  // namespace scopetrace::testing
