// SPDX-License-Identifier: Apache-2.0
// What the programs take for the approved group, and what they tell of those who come and go.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "scopes/target.h"
#include "tests/support/child.h"
#include "tests/support/group_folder.h"
#include "userspace/base/clock.h"
#include "userspace/probe/probe_set.h"
#include "userspace/session/capture/group_programs.h"

namespace scopetrace::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

// One line a record: `joined 3 cat`, the number being how.
struct Told {
  std::vector<std::string> lines;
  std::vector<st_member_event> events;
  std::vector<st_process_event> processes;
};

class GroupScopeBpfTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const Result<FeatureReport> features = probe_features();
    if (!features) GTEST_SKIP() << "cannot load programs: " << features.error().message();
    if (!features->group_events) GTEST_SKIP() << "no cgroup tracepoints";
  }

  ProbeSet load(bool any_program) const {
    ProbeConfig config;
    config.group = GroupScope{group_.id(), group_.path(), any_program};
    config.deadline_ns = boottime_ns() + 60 * kNanosecondsPerSecond;
    Result<ProbeSet> probes = ProbeSet::load(config);
    if (!probes) ADD_FAILURE() << probes.error().message();
    EXPECT_TRUE(probes->attach_kernel_probes().has_value());
    return std::move(*probes);
  }

  // Everything that waits in the control ring.
  static Told told(ProbeSet& probes) {
    static const std::map<int, std::string> kNames = {
        {ST_EVENT_JOINED, "joined"}, {ST_EVENT_STRANGER, "stranger"}, {ST_EVENT_LEFT, "left"}};
    Told told;
    probes.set_member_callback([&](const st_member_event& event) {
      told.events.push_back(event);
      told.lines.push_back(kNames.at(event.header.type) + " " + std::to_string(event.how) + " " +
                           event.comm);
    });
    const auto read =
        probes.poll_control([&](const st_process_event& event) { told.processes.push_back(event); },
                            std::chrono::milliseconds(0));
    EXPECT_TRUE(read.has_value());
    return told;
  }

  GroupFolder group_{"payments.service"};
};

TEST_F(GroupScopeBpfTest, TellsOfWhoIsThereOnce) {
  Child present(group_.enter({"/bin/cat"}));
  present.write_line("here");
  ASSERT_TRUE(present.wait_for_line("here"));
  ProbeSet probes = load(true);

  ASSERT_TRUE(probes.tell_present().has_value());
  EXPECT_EQ(told(probes).events.size(), 1U);
  ASSERT_TRUE(probes.tell_present().has_value());

  EXPECT_EQ(told(probes).events.size(), 0U);
}

TEST_F(GroupScopeBpfTest, TellsAgainOfAMemberThatDidNotFitIntoTheRing) {
  Child cat(group_.enter({"/bin/cat"}));
  cat.write_line("here");
  ASSERT_TRUE(cat.wait_for_line("here"));
  ProbeSet probes = load(false);
  ASSERT_TRUE(probes.tell_present().has_value());
  const Told met = told(probes);
  ASSERT_THAT(met.lines, ElementsAre("stranger 1 cat"));
  const auto lost = [&] { return probes.read_counters().value()[ST_COUNT_LOST_RING_EVENTS]; };
  for (int i = 0; i < 10'000 && lost() == 0; ++i) ASSERT_TRUE(probes.tell_present().has_value());
  const std::uint64_t lost_before = lost();
  ASSERT_GT(lost_before, 0U);

  ASSERT_TRUE(probes.allow_program(met.events[0].program).has_value());
  ASSERT_TRUE(probes.tell_present().has_value());
  ASSERT_GT(lost(), lost_before);
  EXPECT_THAT(told(probes).lines, Not(Contains("joined 1 cat")));
  ASSERT_TRUE(probes.tell_present().has_value());

  EXPECT_THAT(told(probes).lines, ElementsAre("joined 1 cat"));
}

TEST_F(GroupScopeBpfTest, TellsProgramsThatAreNotApproved) {
  ProbeSet probes = load(false);
  Child first(group_.enter({"/bin/echo", "one"}));
  ASSERT_EQ(first.wait(), 0);
  const Told before = told(probes);
  ASSERT_THAT(before.lines, Contains("stranger 3 echo"));
  for (const st_member_event& event : before.events) {
    if (std::string(event.comm) == "echo") {
      ASSERT_TRUE(probes.allow_program(event.program).has_value());
    }
  }

  Child second(group_.enter({"/bin/echo", "two"}));
  ASSERT_EQ(second.wait(), 0);

  EXPECT_THAT(told(probes).lines, ElementsAre("stranger 4 sh", "joined 3 echo"));
}

TEST_F(GroupScopeBpfTest, FollowsMovesInAndOutAndBelow) {
  Child outside({"/bin/cat"});
  ProbeSet probes = load(true);

  group_.add(outside.tgid());
  EXPECT_THAT(told(probes).lines, ElementsAre("joined 4 cat"));
  group_.add(outside.tgid(), "/below");
  EXPECT_THAT(told(probes).lines, ElementsAre());
  group_.take_out(outside.tgid());
  EXPECT_THAT(told(probes).lines, ElementsAre("left 0 cat"));
  group_.add(outside.tgid(), "/below");
  EXPECT_THAT(told(probes).lines, ElementsAre("joined 4 cat"));
  outside.close_input();
  ASSERT_EQ(outside.wait(), 0);

  const Told end = told(probes);
  ASSERT_EQ(end.processes.size(), 1U);
  EXPECT_EQ(end.processes[0].header.type, ST_EVENT_EXIT);
  EXPECT_EQ(end.processes[0].header.tgid, static_cast<std::uint32_t>(outside.tgid()));
}

TEST_F(GroupScopeBpfTest, TellsNothingOfTheGroupBeside) {
  const GroupFolder beside("payments.service.d");
  ProbeSet probes = load(true);

  Child other(beside.enter({"/bin/echo", "other"}));
  ASSERT_EQ(other.wait(), 0);
  Child member(group_.enter({"/bin/echo", "member"}));
  ASSERT_EQ(member.wait(), 0);

  EXPECT_THAT(told(probes).lines, ElementsAre("joined 4 sh", "joined 3 echo"));
}

TEST_F(GroupScopeBpfTest, FollowsTheGroupThatIsMadeAgain) {
  ProbeSet probes = load(true);
  const std::uint64_t id = probes.group_id();

  group_.remove();
  group_.make();

  EXPECT_NE(probes.group_id(), id);
  EXPECT_EQ(probes.group_id(), group_.id());
  Child member(group_.enter({"/bin/echo", "member"}));
  ASSERT_EQ(member.wait(), 0);
  EXPECT_THAT(told(probes).lines, Contains("joined 3 echo"));
}

TEST_F(GroupScopeBpfTest, ForgetsAProgramThatWasWrittenTo) {
  const std::string program = "/tmp/scopetrace-group-" + std::to_string(::getpid());
  std::filesystem::copy_file("/bin/echo", program,
                             std::filesystem::copy_options::overwrite_existing);
  ProbeSet probes = load(false);
  const auto run = [&] {
    Child child(group_.enter({program, "x"}));
    child.wait();
    return told(probes).events.back();
  };
  const st_member_event first = run();
  ASSERT_EQ(first.header.type, ST_EVENT_STRANGER);
  ASSERT_TRUE(probes.allow_program(first.program).has_value());
  ASSERT_EQ(run().header.type, ST_EVENT_JOINED);

  std::filesystem::copy_file("/bin/true", program,
                             std::filesystem::copy_options::overwrite_existing);
  const st_member_event last = run();
  std::filesystem::remove(program);

  EXPECT_EQ(last.program.inode, first.program.inode);
  EXPECT_EQ(last.header.type, ST_EVENT_STRANGER);
}

// What is hashed is what the kernel compares, or nothing is.
TEST_F(GroupScopeBpfTest, HashesTheProgramOfTheVeryProcess) {
  Child cat(group_.enter({"/bin/cat"}));
  cat.write_line("here");
  ASSERT_TRUE(cat.wait_for_line("here"));
  ProbeSet probes = load(false);
  ASSERT_TRUE(probes.tell_present().has_value());
  const Told met = told(probes);
  ASSERT_THAT(met.lines, ElementsAre("stranger 1 cat"));
  Result<IdentityReader> reader = IdentityReader::open();
  ASSERT_TRUE(reader.has_value());
  const auto program = open_command("/bin/cat");

  const auto digest = read_stranger(met.events[0], *reader);

  ASSERT_TRUE(digest.has_value()) << digest.error().message();
  EXPECT_EQ(*digest, read_program_digest(program->get()).value());
  const auto is_hashed = [&](void (*change)(st_member_event&)) {
    st_member_event other = met.events[0];
    change(other);
    return read_stranger(other, *reader).has_value();
  };
  EXPECT_TRUE(is_hashed([](st_member_event&) {}));
  EXPECT_FALSE(is_hashed([](st_member_event& event) { ++event.execs; }));
  EXPECT_FALSE(is_hashed([](st_member_event& event) { ++event.start_ns; }));
  EXPECT_FALSE(is_hashed([](st_member_event& event) { ++event.program.inode; }));
  EXPECT_FALSE(is_hashed([](st_member_event& event) { ++event.program.changed_ns; }));
  EXPECT_FALSE(is_hashed([](st_member_event& event) { event.own_tgid = 0; }));
}

// Of two processes with one program the first had gone before it was hashed: the other is there,
// and only telling of everybody again has it looked at.
TEST_F(GroupScopeBpfTest, WantsAFileAgainThatAnotherProcessWaitsFor) {
  Child cat(group_.enter({"/bin/cat"}));
  cat.write_line("here");
  ASSERT_TRUE(cat.wait_for_line("here"));
  ProbeSet probes = load(false);
  ASSERT_TRUE(probes.tell_present().has_value());
  const Told met = told(probes);
  ASSERT_THAT(met.lines, ElementsAre("stranger 1 cat"));
  const st_member_event& present = met.events[0];
  st_member_event gone = present;
  gone.own_tgid = 4194304;  // above the highest of the kernel
  Result<IdentityReader> reader = IdentityReader::open();
  ASSERT_TRUE(reader.has_value());
  GroupPrograms programs({read_program_digest(open_command("/bin/cat")->get()).value()},
                         std::move(*reader));
  const auto news = [&] {
    programs.wait();
    return programs.take();
  };

  ASSERT_TRUE(programs.request(gone));
  EXPECT_FALSE(news().is_wanted_again);  // nobody else asked
  for (std::uint32_t i = 0; i < GroupPrograms::kMaxAgain; ++i) {
    ASSERT_TRUE(programs.request(gone));
    ASSERT_TRUE(programs.request(present));
    EXPECT_TRUE(news().is_wanted_again) << i;
  }
  ASSERT_TRUE(programs.request(gone));
  ASSERT_TRUE(programs.request(present));
  EXPECT_FALSE(news().is_wanted_again);  // not without end
  ASSERT_TRUE(probes.tell_present().has_value());
  const Told again = told(probes);
  ASSERT_THAT(again.lines, ElementsAre("stranger 1 cat"));
  ASSERT_TRUE(programs.request(again.events[0]));
  EXPECT_EQ(news().approved.size(), 1U);
}

}  // namespace
}  // namespace scopetrace::testing
