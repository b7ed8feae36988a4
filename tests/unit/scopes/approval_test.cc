// SPDX-License-Identifier: Apache-2.0
#include "scopes/approval.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scopes/approval_check.h"
#include "scopes/approval_rules.h"
#include "scopes/policy.h"
#include "tests/unit/scopes/approval_builder.h"

namespace scopetrace {
namespace {

TEST(ApprovalTest, ReadsWhatItWrites) {
  const TestPeople people;
  const std::string body = format_approval(test_approval(people)).value();

  const auto read = parse_approval_body(body);

  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(format_approval(read->approval).value(), body);
  EXPECT_EQ(read->approval.target.start_ticks, 8812345U);
}

struct FieldCase {
  const char* name;
  void (*edit)(Approval&);
  const char* field;
};
class ApprovalFieldTest : public testing::TestWithParam<FieldCase> {};

TEST_P(ApprovalFieldTest, IsBounded) {
  Approval approval = test_approval(TestPeople());
  GetParam().edit(approval);

  const auto body = format_approval(approval);

  ASSERT_FALSE(body);
  EXPECT_TRUE(body.error().message().starts_with(GetParam().field)) << body.error().message();
}

INSTANTIATE_TEST_SUITE_P(
    Faults, ApprovalFieldTest,
    testing::Values(
        FieldCase{"BadId", [](Approval& a) { a.id = "1"; }, "id"},
        FieldCase{"WildcardRequester", [](Approval& a) { a.requester = "*@corp"; }, "requester"},
        FieldCase{"NonAsciiReason", [](Approval& a) { a.reason = "caf\xc3\xa9"; }, "reason"},
        FieldCase{"LineFeedInReason", [](Approval& a) { a.reason = "a\nuses: 5"; }, "reason"},
        FieldCase{"UpperCaseHost", [](Approval& a) { a.third_parties = {"A.com"}; }, "third-party"},
        FieldCase{"AnyAmongHosts",
                  [](Approval& a) {
                    a.third_parties = {"any", "b.com"};
                  },
                  "third-party"},
        FieldCase{"NoThirdParty", [](Approval& a) { a.third_parties.clear(); }, "third-party"},
        FieldCase{"BadPreset", [](Approval& a) { a.presets = {"pci"}; }, "redaction"},
        FieldCase{"PresetsInOtherOrder",
                  [](Approval& a) {
                    a.presets = {"standard", "gdpr", "pci"};
                  },
                  "redaction"},
        FieldCase{"OwnProfileBeforeBuiltIn",
                  [](Approval& a) {
                    a.presets = {"standard", "acme", "pci"};
                  },
                  "redaction"},
        FieldCase{"OwnProfilesInOtherOrder",
                  [](Approval& a) {
                    a.presets = {"standard", "b", "a"};
                  },
                  "redaction"},
        FieldCase{"OwnProfileWithAPath",
                  [](Approval& a) {
                    a.presets = {"standard", "../acme"};
                  },
                  "redaction"},
        FieldCase{"BadRecipient", [](Approval& a) { a.recipients = {"bob"}; }, "recipient"},
        FieldCase{"TooManyUses", [](Approval& a) { a.uses = 6; }, "uses"},
        FieldCase{"NoUse", [](Approval& a) { a.uses = 0; }, "uses"},
        FieldCase{"NoSeconds", [](Approval& a) { a.max_seconds = 0; }, "max-seconds"},
        FieldCase{"EndsBeforeItBegins", [](Approval& a) { a.not_after_s = 1; }, "not-after"},
        FieldCase{"ShortNonce", [](Approval& a) { a.nonce = "aa"; }, "nonce"}),
    [](const auto& test) { return test.param.name; });

TEST(ApprovalTest, BreakGlassIsAKindWithNarrowLimits) {
  const TestPeople people;
  Approval a = test_approval(people);
  a.is_break_glass = true;
  a.level = Level::kHeaders;
  a.max_seconds = 300;

  const auto body = format_approval(a);

  ASSERT_TRUE(body) << body.error().message();
  EXPECT_TRUE(body->starts_with("scopetrace-break-glass v1\n"));
  EXPECT_TRUE(parse_approval_body(*body)->approval.is_break_glass);
  const struct {
    const char* field;
    void (*widen)(Approval&);
  } cases[] = {{"max-seconds", [](Approval& wide) { wide.max_seconds = 301; }},
               {"level", [](Approval& wide) { wide.level = Level::kShape; }},
               {"approvals", [](Approval& wide) { wide.approvals = 2; }},
               {"uses", [](Approval& wide) { wide.uses = 2; }}};
  for (const auto& row : cases) {
    Approval wide = a;
    row.widen(wide);
    const auto refused = format_approval(wide);
    ASSERT_FALSE(refused) << row.field;
    EXPECT_TRUE(refused.error().message().starts_with(row.field)) << refused.error().message();
  }
}

TEST(ApprovalTest, MergesBlocksOnce) {
  const TestPeople people;
  const Approval a = test_approval(people);
  const auto first = parse_approval(
      signed_document(a, {{&people.host, kHostNamespace}, {&people.alice, kApprovalNamespace}}));
  const auto second = parse_approval(
      signed_document(a, {{&people.host, kHostNamespace}, {&people.bob, kApprovalNamespace}}));

  const auto merged = merge_approvals({*first, *second});

  ASSERT_TRUE(merged);
  EXPECT_EQ(parse_approval(*merged)->text.blocks.size(), 3U);
}

CheckFacts fitting_facts(const Approval& a) {
  CheckFacts facts;
  facts.now_s = kTestNow;
  facts.host = {a.host, a.boot_id};
  facts.host_key = a.host_key;
  ProcessFacts process;
  process.tgid = a.target.tgid;
  process.start_ticks = a.target.start_ticks;
  process.exe = a.target.executables.front();
  process.uid = a.target.uid;
  facts.process = process;
  facts.redaction = a.redaction;
  return facts;
}

struct CheckCase {
  const char* name;
  void (*edit)(CheckFacts&);
  const char* message;
};
class CheckApprovalTest : public testing::TestWithParam<CheckCase> {};

TEST_P(CheckApprovalTest, RefusesWithRemedy) {
  const Approval approval = test_approval(TestPeople());
  CheckFacts facts = fitting_facts(approval);
  ASSERT_TRUE(check_approval(approval, facts));
  GetParam().edit(facts);

  const Status status = check_approval(approval, facts);

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kRefused);
  EXPECT_NE(status.error().message().find(GetParam().message), std::string::npos)
      << status.error().message();
  EXPECT_TRUE(status.error().hint().starts_with("scopetrace token request --pid "));
}

INSTANTIATE_TEST_SUITE_P(
    Facts, CheckApprovalTest,
    testing::Values(
        CheckCase{"TooEarly", [](CheckFacts& f) { f.now_s = kTestNow - 61; }, "not valid before"},
        CheckCase{"Expired", [](CheckFacts& f) { f.now_s = kTestNow + 3601; }, "expired"},
        CheckCase{"OtherHost", [](CheckFacts& f) { f.host.name = "b"; }, "but this is b"},
        CheckCase{"OtherBoot", [](CheckFacts& f) { f.host.boot_id = "x"; }, "host was restarted"},
        CheckCase{"OtherHostKey", [](CheckFacts& f) { f.host_key = "x"; }, "host key"},
        CheckCase{"Restarted", [](CheckFacts& f) { f.process->start_ticks = 9034411; },
                  "approval names pid 4211 started 8812345, but pid 4211 started 9034411: the "
                  "process was restarted"},
        CheckCase{"OtherExecutable", [](CheckFacts& f) { f.process->exe = Digest{}; },
                  "executable"},
        CheckCase{"OtherUser", [](CheckFacts& f) { f.process->uid = 0; }, "uid"},
        CheckCase{"OtherRuleSet", [](CheckFacts& f) { f.redaction = Digest{}; }, "rule set"},
        CheckCase{"UsedUp", [](CheckFacts& f) { f.uses_so_far = 1; }, "used up"}),
    [](const auto& test) { return test.param.name; });

Status check_presets_of(const char* policy, std::vector<std::string> presets) {
  Approval approval = test_approval(TestPeople());
  approval.presets = std::move(presets);
  return check_policy(parse_policy(policy).value(), approval);
}

TEST(PresetPolicyTest, DemandsWhatItLists) {
  constexpr const char* kPolicy = R"({"presets": ["standard", "pci"]})";
  EXPECT_TRUE(check_presets_of(kPolicy, {"standard", "pci"}));
  EXPECT_TRUE(check_presets_of(kPolicy, {"standard", "pci", "gdpr"}));
  EXPECT_FALSE(check_presets_of(kPolicy, {"standard"}));
  EXPECT_FALSE(check_presets_of(kPolicy, {"standard", "gdpr"}));
}

TEST(PresetPolicyTest, AllowsOwnProfilesThatItListsOnly) {
  constexpr const char* kPolicy = R"({"presets": ["standard", "acme"]})";
  EXPECT_TRUE(check_presets_of(kPolicy, {"standard", "acme"}));
  EXPECT_FALSE(check_presets_of(kPolicy, {"standard"}));
  EXPECT_FALSE(check_presets_of(kPolicy, {"standard", "acme", "other"}));
  EXPECT_FALSE(check_presets_of("{}", {"standard", "acme"}));
}

TEST(PresetOrderTest, IsOneForEachComposition) {
  const std::vector<std::string> ordered = {"standard", "pci", "hipaa", "a", "b"};
  EXPECT_EQ(order_presets({"b", "hipaa", "a", "pci", "standard", "b"}), ordered);
  EXPECT_EQ(order_presets({}), std::vector<std::string>{"standard"});
}

// Groups: what the approval names, what is there, and the refusal; empty: accepted.
struct GroupCase {
  const char* name;
  void (*edit)(Approval&, CheckFacts&);
  const char* refusal;
};
class CheckGroupTest : public testing::TestWithParam<GroupCase> {};

TEST_P(CheckGroupTest, ComparesNameAndPrograms) {
  Approval approval = test_approval(TestPeople());
  CheckFacts facts = fitting_facts(approval);
  approval.target = {};
  approval.target.kind = TargetKind::kUnit;
  approval.target.unit = "a.service";
  approval.target.executables = {sha256(as_bytes("one")), sha256(as_bytes("two"))};
  facts.process.reset();
  facts.group = GroupFacts();
  facts.group->target = approval.target;
  facts.group->executables = {sha256(as_bytes("other")), sha256(as_bytes("two"))};
  GetParam().edit(approval, facts);

  const Status status = check_approval(approval, facts);

  ASSERT_EQ(status.has_value(), *GetParam().refusal == '\0');
  if (status) return;
  EXPECT_EQ(status.error().code(), ErrorCode::kRefused);
  EXPECT_THAT(status.error().message(), testing::HasSubstr(GetParam().refusal));
  EXPECT_THAT(status.error().hint(), testing::HasSubstr("--unit a.service"));
}

INSTANTIATE_TEST_SUITE_P(
    Groups, CheckGroupTest,
    testing::Values(GroupCase{"OneProgramFits", [](Approval&, CheckFacts&) {}, ""},
                    GroupCase{"NobodyIsThere",
                              [](Approval&, CheckFacts& f) { f.group->executables.clear(); }, ""},
                    GroupCase{"AnyProgram",
                              [](Approval& a, CheckFacts& f) {
                                a.target.executables.clear();
                                f.group->executables = {sha256(as_bytes("other"))};
                              },
                              ""},
                    GroupCase{"NoProgramFits",
                              [](Approval&, CheckFacts& f) {
                                f.group->executables = {sha256(as_bytes("other"))};
                              },
                              "with 2 programs, of which none runs there now, but sha256:"},
                    GroupCase{"OtherUnit",
                              [](Approval&, CheckFacts& f) { f.group->target.unit = "b.service"; },
                              "names unit a.service, but the target is unit b.service"},
                    GroupCase{"OtherKind",
                              [](Approval&, CheckFacts& f) {
                                f.group->target.kind = TargetKind::kCgroup;
                                f.group->target.group = "/a.service";
                              },
                              "but the target is cgroup /a.service"},
                    GroupCase{"AProcess", [](Approval&, CheckFacts& f) { f.group.reset(); },
                              "but the target is a process or command"}),
    [](const auto& row) { return row.param.name; });

TEST(CheckApprovalTest, RefusesAGroupForAProcess) {
  const Approval approval = test_approval(TestPeople());
  CheckFacts facts = fitting_facts(approval);
  facts.group = GroupFacts();
  facts.group->target.kind = TargetKind::kUnit;
  facts.group->target.unit = "a.service";

  const Status status = check_approval(approval, facts);

  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message(), testing::HasSubstr("but the target is unit a.service"));
}

}  // namespace
}  // namespace scopetrace
