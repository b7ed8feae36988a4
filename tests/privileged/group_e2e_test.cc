// SPDX-License-Identifier: Apache-2.0
// Whole captures of control groups: units and containers that restart, whose processes come and go.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

#include "tests/privileged/attach_e2e.h"
#include "tests/support/group_folder.h"
#include "tests/support/loopback.h"

namespace scopetrace::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

constexpr char kUnit[] = "st-payments.service";

class GroupE2eTest : public AttachE2eTest {
 protected:
  const std::vector<std::string> unit_ = {"--unit", kUnit};

  void SetUp() override {
    AttachE2eTest::SetUp();
    if (!IsSkipped()) group_ = std::make_unique<GroupFolder>(kUnit);
  }

  TracedHost::Enter enter() const {
    return [this](const std::vector<std::string>& program) { return group_->enter(program); };
  }
  // Python in the group, as approved.
  std::unique_ptr<Child> start_member() { return host_->start_python(enter()); }
  // Kills everybody, and makes the folder again, as systemd does.
  void restart() {
    group_->remove();
    group_->make();
  }
  // The lines of processes with this event.
  std::vector<nlohmann::json> processes(const std::string& event) const {
    std::vector<nlohmann::json> found;
    for (const auto& line : lines_of("process")) {
      if (line.value("event", "") == event) found.push_back(line);
    }
    return found;
  }
  // The line of the join of this process; empty when there is none.
  nlohmann::json join_of(pid_t tgid, const std::string& how) const {
    for (const auto& line : processes("joined")) {
      if (line.at("tgid") == tgid && line.at("how") == how) return line;
    }
    return nlohmann::json::object();
  }

  std::unique_ptr<GroupFolder> group_;
};

TEST_F(GroupE2eTest, CapturesMembersAndNobodyElse) {
  const auto member = start_member();
  const auto outside = host_->start_python();
  const auto attach = host_->attach_target(unit_, host_->approve_target(unit_));

  ASSERT_TRUE(TracedHost::ask(*outside, "GET /v1/limits", "429"));
  ASSERT_TRUE(TracedHost::ask(*member, "POST /v1/charges", "200"));
  ASSERT_TRUE(TracedHost::ask(*outside, "GET /v1/broken", "500"));
  expect_sealed_without_leaks(*attach);

  EXPECT_EQ(exchanges(), Exchanges({{"POST /v1/charges", 200}}));
  EXPECT_EQ(join_of(member->tgid(), "present").value("blind_ns", 1), 0);
  const auto session = TracedHost::lines(host_->bundle()).front();
  EXPECT_EQ(session.at("target").at("cgroup"), group_->path());
  EXPECT_FALSE(session.at("target").contains("tgid"));
}

// Another program in the group says the same secrets as the member does.
TEST_F(GroupE2eTest, SeesNothingOfAnotherProgramInTheGroup) {
  const auto run_curl = [&] {
    return run_program(group_->enter(
        {"curl", "-sS", "--http1.1", "--cacert", host_->path("ca.pem"), "--connect-to",
         "::127.0.0.1:", "-H", "Authorization: Bearer " + host_->planted().api_key,
         "https://" + std::string(kVendorHost) + ":" + std::to_string(host_->vendor().port()) +
             "/v1/customers"}));
  };
  const auto member = start_member();
  const std::string approved = host_->approve_target(unit_);
  const std::string any = host_->approve_target(unit_, {"--any-executable"});
  for (const bool is_any : {false, true}) {
    std::filesystem::remove(host_->bundle());
    const auto attach = host_->attach_target(unit_, is_any ? any : approved);

    ASSERT_EQ(run_curl().status, 0);
    ASSERT_TRUE(TracedHost::ask(*member, "POST /v1/charges", "200"));
    expect_sealed_without_leaks(*attach);

    EXPECT_THAT(exchanges(), Contains(Pair("POST /v1/charges", 200)));
    EXPECT_EQ(exchanges().size(), is_any ? 2U : 1U);
    EXPECT_EQ(count("programs_rejected") != 0, !is_any);
  }
}

TEST_F(GroupE2eTest, SurvivesARestartBetweenApprovalAndAttach) {
  auto member = start_member();
  const std::string approval = host_->approve_target(unit_);
  restart();
  member = start_member();
  const auto attach = host_->attach_target(unit_, approval);

  ASSERT_TRUE(TracedHost::ask(*member, "POST /v1/charges", "200"));
  expect_sealed_without_leaks(*attach);

  EXPECT_EQ(exchanges(), Exchanges({{"POST /v1/charges", 200}}));
}

TEST_F(GroupE2eTest, GoesOnWhenTheUnitRestarts) {
  auto member = start_member();
  const auto attach = host_->attach_target(unit_, host_->approve_target(unit_));
  ASSERT_TRUE(TracedHost::ask(*member, "POST /v1/charges", "200"));
  restart();
  member = start_member();
  ASSERT_TRUE(TracedHost::ask(*member, "POST /v1/charges/declined", "402"));
  expect_sealed_without_leaks(*attach);

  EXPECT_EQ(exchanges(),
            Exchanges({{"POST /v1/charges", 200}, {"POST /v1/charges/declined", 402}}));
  EXPECT_EQ(count("group_restarts"), 1U);
  EXPECT_EQ(join_of(member->tgid(), "executed").value("blind_ns", 1), 0);
  EXPECT_EQ(processes("exit").size(), 1U);
}

TEST_F(GroupE2eTest, FollowsAProcessThatIsMovedInAndOut) {
  const auto member = start_member();
  const auto moved = host_->start_python();
  const auto attach = host_->attach_target(unit_, host_->approve_target(unit_));

  ASSERT_TRUE(TracedHost::ask(*moved, "GET /v1/limits", "429"));
  group_->add(moved->tgid());
  ASSERT_TRUE(TracedHost::ask(*moved, "POST /v1/charges/declined", "402"));
  group_->take_out(moved->tgid());
  ASSERT_TRUE(TracedHost::ask(*moved, "GET /v1/broken", "500"));
  expect_sealed_without_leaks(*attach);

  EXPECT_EQ(exchanges(), Exchanges({{"POST /v1/charges/declined", 402}}));
  EXPECT_EQ(join_of(moved->tgid(), "moved").value("comm", ""), "python3");
  EXPECT_EQ(processes("left").size(), 1U);
}

// A container that starts again has its programs in other files of the same content.
TEST_F(GroupE2eTest, RecognisesAnApprovedProgramInAnotherFile) {
  const auto member = start_member();
  const auto attach = host_->attach_target(unit_, host_->approve_target(unit_));
  const std::string copy = host_->path("python-copy");
  std::filesystem::copy_file(std::filesystem::canonical("/usr/bin/python3"), copy);

  const auto other = host_->start_python(enter(), copy);
  ASSERT_TRUE(TracedHost::ask(*other, "GET /v1/slow", "200"));  // until it is recognised
  ASSERT_TRUE(TracedHost::ask(*other, "POST /v1/charges", "200"));
  expect_sealed_without_leaks(*attach);

  EXPECT_THAT(exchanges(), Contains(Pair("POST /v1/charges", 200)));
  const auto join = join_of(other->tgid(), "executed");
  EXPECT_GT(join.value("blind_ns", 0), 0) << join;
  std::printf("blind before the copy was recognised: %s\n", join.dump().c_str());
}

TEST_F(GroupE2eTest, FollowsWorkersOfNginxThroughAReload) {
  const auto nginx = host_->start_nginx_master(free_loopback_port(), enter());
  const auto call = [&](const std::string& target) {
    return run_program({"curl", "-sS", "--unix-socket", host_->path("nginx.sock"), "-d",
                        "email=" + host_->planted().email, "-H",
                        "Authorization: Bearer " + host_->planted().api_key,
                        "http://gateway" + target})
        .status;
  };
  const auto attach = host_->attach_target(unit_, host_->approve_target(unit_));
  ASSERT_EQ(call("/v1/charges"), 0);
  const auto before = group_->members();
  nginx->send_signal(SIGHUP);
  for (int gone = 0; gone < 2; ++gone) ASSERT_TRUE(nginx->wait_for_line("exited with code 0"));
  ASSERT_EQ(call("/v1/charges/declined"), 0);
  const auto after = group_->members();
  expect_sealed_without_leaks(*attach);

  EXPECT_EQ(before.size(), 3U);
  EXPECT_EQ(after.size(), 3U);
  EXPECT_THAT(exchanges(), Contains(Pair("POST /v1/charges", 200)));
  EXPECT_THAT(exchanges(), Contains(Pair("POST /v1/charges/declined", 402)));
  EXPECT_EQ(processes("joined").size(), 5U);  // master, two workers, and two new ones
  // Whoever forks while its parent is looked at waits for that, perhaps longer than the capture.
  for (const auto& line : processes("joined")) EXPECT_EQ(line.value("blind_ns", 0), 0) << line;
}

TEST_F(GroupE2eTest, FollowsForkedWorkers) {
  const auto server = host_->start_prefork(enter());
  const auto attach = host_->attach_target(unit_, host_->approve_target(unit_));

  ASSERT_TRUE(TracedHost::ask(*server, "fork POST /v1/charges", "200"));
  ASSERT_TRUE(TracedHost::ask(*server, "exec POST /v1/charges/declined", "402"));
  expect_sealed_without_leaks(*attach);

  EXPECT_THAT(exchanges(), Contains(Pair("POST /v1/charges", 200)));
  EXPECT_THAT(exchanges(), Contains(Pair("POST /v1/charges/declined", 402)));
  EXPECT_EQ(processes("fork").size(), 2U);
}

// Without a group, where the approval says so.
TEST_F(GroupE2eTest, FollowsChildrenOfAProcess) {
  const auto same = [](const std::vector<std::string>& program) { return program; };
  const auto server = host_->start_prefork(same);
  for (const bool is_approved : {false, true}) {
    std::filesystem::remove(host_->bundle());
    const std::vector<std::string> children(is_approved ? 1 : 0, "--children");
    const auto attach = host_->attach(server->tgid(), host_->approve(server->tgid(), children));

    ASSERT_TRUE(TracedHost::ask(*server, "fork POST /v1/charges", "200"));
    ASSERT_TRUE(TracedHost::ask(*server, "exec POST /v1/charges/declined", "402"));
    expect_sealed_without_leaks(*attach);

    EXPECT_EQ(exchanges().empty(), !is_approved);
    // Forked, forked, and that one executes.
    EXPECT_EQ(processes("joined").size(), is_approved ? 3U : 0U);
    for (const auto& line : processes("joined")) EXPECT_TRUE(line.contains("blind_ns")) << line;
  }
  EXPECT_THAT(exchanges(), Contains(Pair("POST /v1/charges", 200)));
  EXPECT_THAT(exchanges(), Contains(Pair("POST /v1/charges/declined", 402)));
  EXPECT_EQ(count("members_joined"), 3U);
}

TEST_F(GroupE2eTest, BoundsAFloodOfShortProcesses) {
  const auto server = host_->start_prefork(enter());
  const auto attach = host_->attach_target(unit_, host_->approve_target(unit_));

  // More than environments are learned from.
  ASSERT_TRUE(TracedHost::ask(*server, "bomb 500", "done"));
  ASSERT_TRUE(TracedHost::ask(*server, "fork POST /v1/charges", "200"));
  expect_sealed_without_leaks(*attach);

  EXPECT_THAT(exchanges(), Contains(Pair("POST /v1/charges", 200)));
  const auto summary = TracedHost::lines(host_->bundle()).back();
  const auto lost = summary.at("losses").at("lost_kernel_events").get<std::uint64_t>();
  EXPECT_GE(count("members_joined") + lost, 501U) << summary;
  EXPECT_EQ(processes("joined").size() + count("members_untold"), count("members_joined"));
  std::printf("500 children: %s\n", summary.at("counts").dump().c_str());
}

TEST_F(GroupE2eTest, RefusesWhatTheApprovalDoesNotName) {
  const auto member = start_member();
  const GroupFolder other("st-other.service");
  const Child stranger(other.enter({"/bin/cat"}));
  const std::string approval = host_->approve_target(unit_);

  const Finished by_pid =
      host_->try_attach_target({"--pid", std::to_string(member->tgid())}, approval);
  EXPECT_EQ(by_pid.status, 3);
  EXPECT_THAT(by_pid.output, HasSubstr("approval names unit st-payments.service"));
  const Finished by_name = host_->try_attach_target({"--unit", "st-other.service"}, approval);
  EXPECT_EQ(by_name.status, 3);
  EXPECT_THAT(by_name.output, HasSubstr("but the target is unit st-other.service"));
  const Finished by_nothing = host_->try_attach_target({"--unit", "st-nowhere.service"}, approval);
  EXPECT_EQ(by_nothing.status, 1);
  EXPECT_THAT(by_nothing.output, HasSubstr("is it running?"));
}

TEST_F(GroupE2eTest, RefusesAGroupThatRunsNoneOfTheApprovedPrograms) {
  auto member = start_member();
  const std::string approval = host_->approve_target(unit_);
  restart();
  Child cat(group_->enter({"/bin/cat"}));
  cat.write_line("here");
  ASSERT_TRUE(cat.wait_for_line("here"));

  const Finished refused = host_->try_attach_target(unit_, approval);

  EXPECT_EQ(refused.status, 3);
  EXPECT_THAT(refused.output, HasSubstr("none runs there now"));
  EXPECT_THAT(refused.output, HasSubstr("token request --unit st-payments.service"));
}

TEST_F(GroupE2eTest, CapturesAContainerByTheFirstDigitsOfItsId) {
  const std::string id = "4f0c" + std::string(60, 'a');
  const GroupFolder container("docker-" + id + ".scope");
  const GroupFolder monitor("libpod-conmon-" + id + ".scope");
  const Child conmon(monitor.enter({"/bin/cat"}));
  const auto client = host_->start_python(
      [&](const std::vector<std::string>& program) { return container.enter(program); });
  const std::vector<std::string> target = {"--container", id.substr(0, 12)};
  const auto attach = host_->attach_target(target, host_->approve_target(target));

  ASSERT_TRUE(TracedHost::ask(*client, "POST /v1/charges", "200"));
  expect_sealed_without_leaks(*attach);

  EXPECT_EQ(exchanges(), Exchanges({{"POST /v1/charges", 200}}));
}

TEST_F(GroupE2eTest, CapturesAPathThatNobodyIsInYet) {
  auto member = start_member();
  const std::vector<std::string> target = {"--cgroup", group_->path()};
  const std::string approval = host_->approve_target(target);
  restart();
  const auto attach = host_->attach_target(target, approval);

  member = start_member();
  ASSERT_TRUE(TracedHost::ask(*member, "GET /v1/slow", "200"));  // until it is recognised
  ASSERT_TRUE(TracedHost::ask(*member, "POST /v1/charges", "200"));
  expect_sealed_without_leaks(*attach);

  EXPECT_THAT(exchanges(), Contains(Pair("POST /v1/charges", 200)));
  const auto join = join_of(member->tgid(), "executed");
  EXPECT_GT(join.value("blind_ns", 0), 0) << join;
  EXPECT_GE(count("blind_ns_max"), join.value("blind_ns", 0ULL));
  std::printf("blind before the program was recognised: %s\n", join.dump().c_str());
}

}  // namespace
}  // namespace scopetrace::testing
