// SPDX-License-Identifier: Apache-2.0
#include "scopes/control_group.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "scopes/target.h"
#include "tests/unit/scopes/scratch.h"

namespace scopetrace {
namespace {

const std::string kId(64, 'a');

struct NameCase {
  const char* name;
  std::string text;
  bool is_good;
};
class ParseGroupNameTest : public testing::TestWithParam<NameCase> {};

TEST_P(ParseGroupNameTest, AcceptsNamesAndRefusesPaths) {
  const auto parsed = parse_group_name(GetParam().text);

  ASSERT_EQ(parsed.has_value(), GetParam().is_good);
  if (!parsed) {
    EXPECT_EQ(parsed.error().code(), ErrorCode::kUsage);
    EXPECT_FALSE(parsed.error().hint().empty());
  }
}

INSTANTIATE_TEST_SUITE_P(
    Names, ParseGroupNameTest,
    testing::Values(NameCase{"Service", "unit=payments.service", true},
                    NameCase{"EscapedService", R"(unit=pay\x2dments@1.service)", true},
                    NameCase{"Scope", "unit=session-1.scope", true},
                    NameCase{"UnitWithoutSuffix", "unit=payments", false},
                    NameCase{"UnitWithSlash", "unit=a/b.service", false},
                    NameCase{"UnitWithBlank", "unit=a b.service", false},
                    NameCase{"OnlySuffix", "unit=.service", false},
                    NameCase{"LongUnit", "unit=" + std::string(200, 'a') + ".service", false},
                    NameCase{"WholeId", "container=" + kId, true},
                    NameCase{"ShortId", "container=aaaaaaaaaaaa", true},
                    NameCase{"TooShortId", "container=aaaaaaaaaaa", false},
                    NameCase{"UpperId", "container=AAAAAAAAAAAAA", false},
                    NameCase{"LongId", "container=" + kId + "a", false},
                    NameCase{"Path", "cgroup=/system.slice/a", true},
                    NameCase{"RelativePath", "cgroup=a", false},
                    NameCase{"RootAlone", "cgroup=/", false},
                    NameCase{"ParentInPath", "cgroup=/a/../../b", false},
                    NameCase{"EmptyPart", "cgroup=/a//b", false},
                    NameCase{"BlankInPath", "cgroup=/a b", false},
                    NameCase{"OtherKind", "slice=a", false}, NameCase{"Nothing", "", false}),
    [](const auto& test) { return test.param.name; });

// A tree such as cgroup v2 shows it, with this process in some of its groups.
TEST(GroupOptionTest, NamesTheGroupAsTheCommandLineDoes) {
  EXPECT_EQ(group_option({TargetKind::kUnit, "a.service"}), " --unit a.service");
  EXPECT_EQ(group_option({TargetKind::kContainer, "0123456789ab"}), " --container 0123456789ab");
  EXPECT_EQ(group_option({TargetKind::kCgroup, "/a b"}), " --cgroup '/a b'");
}

class ReadGroupTest : public testing::Test {
 protected:
  void add_group(const std::string& path, const std::string& tgids) {
    std::filesystem::create_directories(folder_.file(path));
    folder_.write(path + "/cgroup.procs", tgids);
  }
  Result<GroupFacts> read(const std::string& text) const {
    return read_group(parse_group_name(text).value(), folder_.path());
  }

  const std::string me_ = std::to_string(::getpid()) + "\n";
  ScratchFolder folder_;
};

TEST_F(ReadGroupTest, NamesTheProgramsOfAUnitAndBelow) {
  add_group("system.slice/a.service", "");
  add_group("system.slice/a.service/worker", me_);
  add_group("system.slice/b.service", "1\n");

  const auto facts = read("unit=a.service");

  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->path, "/system.slice/a.service");
  EXPECT_EQ(facts->tgids, std::vector<std::uint32_t>{static_cast<std::uint32_t>(::getpid())});
  const auto target = target_of(*facts, false);
  ASSERT_TRUE(target);
  EXPECT_EQ(target->unit, "a.service");
  EXPECT_EQ(target->executables,
            std::vector<Digest>{read_process(static_cast<std::uint32_t>(::getpid()))->exe});
  EXPECT_TRUE(facts->context.starts_with("1 process now: 1 x "));
}

TEST_F(ReadGroupTest, CompletesAContainersId) {
  add_group("system.slice/docker-" + kId + ".scope", me_);

  const auto facts = read("container=aaaaaaaaaaaa");

  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->target.group, kId);
}

TEST_F(ReadGroupTest, FindsAContainerNamedByItsIdAlone) {
  add_group("docker/" + kId, me_);

  EXPECT_TRUE(read("container=" + kId));
}

TEST_F(ReadGroupTest, RefusesANameThatIsTwoGroups) {
  add_group("user.slice/user@1000.service/a.service", me_);
  add_group("user.slice/user@1001.service/a.service", me_);

  const auto facts = read("unit=a.service");

  ASSERT_FALSE(facts);
  EXPECT_EQ(facts.error().code(), ErrorCode::kUsage);
  EXPECT_NE(facts.error().hint().find("--cgroup /user.slice/user@1001.service/a.service"),
            std::string::npos);
}

TEST_F(ReadGroupTest, TakesAGroupOfTheSameNameBelowForAPartOfIt) {
  add_group("a.service/inner/a.service", me_);
  add_group("a.service", "");

  const auto facts = read("unit=a.service");

  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->path, "/a.service");
  EXPECT_EQ(facts->tgids.size(), 1U);
}

TEST_F(ReadGroupTest, LeavesOutWhatIsNoProcessHere) {
  add_group("a.service", "0\n4194999\nrubbish\n99999999999\n" + me_);

  const auto facts = read("unit=a.service");

  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->tgids.size(), 1U);
}

TEST_F(ReadGroupTest, DoesNotFollowLinks) {
  add_group("outside/a.service", me_);
  std::filesystem::create_directories(folder_.file("mount"));
  std::filesystem::create_directory_symlink(folder_.file("outside"), folder_.file("mount/link"));

  const auto facts = read_group(parse_group_name("unit=a.service").value(), folder_.file("mount"));

  ASSERT_FALSE(facts);
  EXPECT_EQ(facts.error().code(), ErrorCode::kNotFound);
}

TEST_F(ReadGroupTest, RefusesMoreProcessesThanItsBound) {
  std::string tgids;
  for (int tgid = 1; tgid <= 4097; ++tgid) tgids += std::to_string(tgid) + "\n";
  add_group("a.service", tgids);

  const auto facts = read("unit=a.service");

  ASSERT_FALSE(facts);
  EXPECT_EQ(facts.error().code(), ErrorCode::kLimit);
}

GroupFacts facts_of(std::size_t executables) {
  GroupFacts facts;
  facts.target.kind = TargetKind::kUnit;
  facts.target.unit = "a.service";
  for (std::size_t i = 0; i < executables; ++i) {
    facts.executables.push_back(sha256(as_bytes(std::to_string(i))));
  }
  return facts;
}

TEST(GroupTargetTest, NamesUpToEightPrograms) {
  EXPECT_EQ(target_of(facts_of(8), false)->executables.size(), 8U);
  EXPECT_EQ(target_of(facts_of(9), false).error().code(), ErrorCode::kRefused);
  EXPECT_EQ(target_of(facts_of(0), false).error().code(), ErrorCode::kRefused);
}

TEST(GroupTargetTest, NamesNoneWhenAnyMayRun) {
  EXPECT_EQ(format_target(target_of(facts_of(9), true).value()), "unit=a.service exe=any");
}

TEST(FindCgroupMountTest, SkipsPartsOfTheTreeThatAreBoundElsewhere) {
  const ScratchFolder folder;
  std::filesystem::create_directories(folder.file("self"));
  folder.write("self/mountinfo",
               "30 29 0:26 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n"
               "31 29 0:27 /inner /run/inner rw - cgroup2 cgroup2 rw\n"
               "32 29 0:27 / /sys/fs/cgroup/unified rw,nosuid shared:9 - cgroup2 cgroup2 rw\n");

  EXPECT_EQ(find_cgroup_mount(folder.path()).value(), "/sys/fs/cgroup/unified");
}

TEST(FindCgroupMountTest, SaysThatThereIsNone) {
  const ScratchFolder folder;
  std::filesystem::create_directories(folder.file("self"));
  folder.write("self/mountinfo", "30 29 0:26 / /sys rw - sysfs sysfs rw\n");

  EXPECT_EQ(find_cgroup_mount(folder.path()).error().code(), ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace scopetrace
