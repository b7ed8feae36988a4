// SPDX-License-Identifier: Apache-2.0
// Ways round a policy: groups, people, environments, break-glass, revocation. Each with its
// verdict.
#include <gtest/gtest.h>

#include <functional>
#include <ostream>

#include "scopes/break_glass.h"
#include "scopes/quorum.h"
#include "scopes/revocation.h"
#include "tests/unit/scopes/approval_builder.h"
#include "tests/unit/scopes/scratch.h"

namespace scopetrace {
namespace {

Policy policy_of(const std::string& json) { return parse_policy(json).value(); }

// alice and bob may approve; security has alice only.
constexpr const char* kGrouped =
    R"({"people":{"bob-at-home":"bob"},"groups":{"security":["alice"],"ops":["alice","bob"]},
        "approvals":{"headers":2},"approvals_from":{"headers":{"security":1}}})";

struct QuorumForgery {
  const char* name;
  const char* policy;
  std::vector<const char*> approvers;
  std::function<void(Approval&)> change;
  QuorumVerdict verdict;
};
void PrintTo(const QuorumForgery& row, std::ostream* out) { *out << row.name; }

void keep(Approval&) {}
void make_break_glass(Approval& a) {
  a.is_break_glass = true;
  a.max_seconds = 300;
}
void make_break_glass_of_metadata(Approval& a) {
  make_break_glass(a);
  a.level = Level::kMetadata;
}

const QuorumForgery kQuorumForgeries[] = {
    {"BothAndOneOfSecurity", kGrouped, {"alice", "bob"}, keep, QuorumVerdict::kMet},
    {"NobodyOfSecurity",
     R"({"groups":{"security":["alice"]},"approvals_from":{"headers":{"security":1}}})",
     {"bob"},
     keep,
     QuorumVerdict::kNotMet},
    {"OnePersonOfTwoGroupsIsOnePerson", kGrouped, {"alice"}, keep, QuorumVerdict::kNotMet},
    {"OnePersonUnderTwoNames", kGrouped, {"bob", "bob-at-home"}, keep, QuorumVerdict::kNotMet},
    {"TheRequesterIsOfSecurity",
     R"({"groups":{"security":["carol"]},"approvals_from":{"headers":{"security":1}}})",
     {"carol", "alice"},
     keep,
     QuorumVerdict::kNotMet},
    {"GroupByThePersonOfAPrincipal",
     R"({"people":{"bob-at-home":"bob"},"groups":{"security":["bob"]},
         "approvals_from":{"headers":{"security":1}}})",
     {"bob-at-home"},
     keep,
     QuorumVerdict::kMet},
    {"TheEnvironmentAsksForMore",
     R"({"environment":"production","environments":{"production":{"approvals":{"headers":2}}}})",
     {"alice"},
     keep,
     QuorumVerdict::kNotMet},
    {"AnotherEnvironmentAsksForMore",
     R"({"environment":"staging","environments":{"production":{"approvals":{"headers":2}}}})",
     {"alice"},
     keep,
     QuorumVerdict::kMet},
    {"TheTextAsksForMoreThanPolicy",
     "{}",
     {"alice"},
     [](Approval& a) { a.approvals = 2; },
     QuorumVerdict::kNotMet},
    {"AnyThirdPartyAsksForTwo",
     "{}",
     {"alice"},
     [](Approval& a) { a.third_parties = {"any"}; },
     QuorumVerdict::kNotMet},
    {"LongCaptureOfAnyRequestAsksForTwo",
     "{}",
     {"alice"},
     [](Approval& a) {
       a.requests = {{}};
       a.max_seconds = 901;
     },
     QuorumVerdict::kNotMet},
    {"BreakGlassByOneOther", kGrouped, {"bob"}, make_break_glass, QuorumVerdict::kMet},
    {"BreakGlassByNobodyElse", kGrouped, {}, make_break_glass, QuorumVerdict::kNotMet},
    {"BreakGlassByTheRequesterTwice",
     kGrouped,
     {"carol"},
     make_break_glass,
     QuorumVerdict::kNotMet},
    {"BreakGlassOfMetadataByNobodyElse",
     "{}",
     {},
     make_break_glass_of_metadata,
     QuorumVerdict::kNotMet},
    {"BreakGlassOfMetadataAloneWherePolicySaysSo",
     R"({"break_glass":{"metadata_by_requester_alone":true}})",
     {},
     make_break_glass_of_metadata,
     QuorumVerdict::kMet},
    {"BreakGlassOfHeadersAloneDoesNotFollow",
     R"({"break_glass":{"metadata_by_requester_alone":true}})",
     {},
     make_break_glass,
     QuorumVerdict::kNotMet},
};

class PolicyForgeryTest : public ::testing::TestWithParam<QuorumForgery> {
 protected:
  TestPeople people_;

  const SigningKey& key_of(std::string_view name) const {
    if (name == "alice") return people_.alice;
    if (name == "bob") return people_.bob;
    if (name == "bob-at-home") return people_.bob_second;
    return people_.carol;
  }
};

TEST_P(PolicyForgeryTest, GetsItsVerdict) {
  const QuorumForgery& row = GetParam();
  Approval approval = test_approval(people_);
  row.change(approval);
  std::vector<TestSigner> signers = {{&people_.host, kHostNamespace},
                                     {&people_.carol, kRequestNamespace}};
  for (const char* name : row.approvers) signers.push_back({&key_of(name), kApprovalNamespace});
  const auto document = parse_approval(signed_document(approval, signers));
  ASSERT_TRUE(document) << document.error().message();

  const Quorum quorum = judge_quorum(*document, people_.trust(), policy_of(row.policy), kTestNow);

  EXPECT_EQ(quorum.verdict, row.verdict) << (quorum.reasons.empty() ? "" : quorum.reasons[0]);
}

INSTANTIATE_TEST_SUITE_P(Quorum, PolicyForgeryTest, ::testing::ValuesIn(kQuorumForgeries),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(PolicyForgeryTest, OneKindIsNoSubstituteForTheOther) {
  const TestPeople people;
  Approval glass = test_approval(people);
  make_break_glass(glass);
  std::string text = signed_document(glass, {{&people.host, kHostNamespace},
                                             {&people.carol, kRequestNamespace},
                                             {&people.alice, kApprovalNamespace}});
  ASSERT_EQ(judge_quorum(*parse_approval(text), people.trust(), Policy(), kTestNow).verdict,
            QuorumVerdict::kMet);

  text.replace(text.find("break-glass"), 11, "approval");

  EXPECT_EQ(judge_quorum(*parse_approval(text), people.trust(), Policy(), kTestNow).verdict,
            QuorumVerdict::kBadSignature);
}

TEST(PolicyForgeryTest, PolicyRefusesBreakGlassWhereItIsNotAllowed) {
  const TestPeople people;
  Approval glass = test_approval(people);
  make_break_glass(glass);
  EXPECT_TRUE(check_policy(Policy(), glass));

  EXPECT_FALSE(check_policy(policy_of(R"({"break_glass":{"allowed":false}})"), glass));
}

// A host on which one break-glass was used.
class BreakGlassForgeryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    glass_ = test_approval(people_);
    make_break_glass(glass_);
    ASSERT_TRUE(check_break_glass(scratch_.path(), now_ns()));
    append(make_break_glass_entry(glass_, "bob"));
  }
  std::uint64_t now_ns() const { return realtime_ns(); }
  void append(const LedgerEntry& entry) {
    const auto done = Ledger::open(scratch_.path(), "vm", people_.host)->append(entry);
    ASSERT_TRUE(done) << done.error().message();
  }
  Policy policy() const {
    return policy_of(R"({"groups":{"security":["alice","carol"]},"people":{"bob-at-home":"bob"}})");
  }
  Trust trust() const {
    const auto line = [](const char* name, const SigningKey& key) {
      return std::string(name) + " namespaces=\"review@scopetrace\" " + key.public_key().line() +
             "\n";
    };
    return {TrustFile::parse(line("alice", people_.alice) + line("bob", people_.bob) +
                             line("carol", people_.carol))
                .value(),
            RevokedKeys()};
  }
  Result<LedgerEntry> review(const char* by, const SigningKey& key,
                             std::string_view name_space = kReviewNamespace,
                             const std::string& id = "") const {
    Review text;
    text.approval = id.empty() ? glass_.id : id;
    text.by = by;
    text.finding = "as described";
    text.nonce = "1";
    const std::string body = format_review(text).value();
    const std::vector<std::string> blocks = {make_sshsig(key, name_space, as_bytes(body))};
    return check_review(format_signed_text(body, blocks), scratch_.path(), trust(), policy(),
                        kTestNow);
  }

  TestPeople people_;
  ScratchFolder scratch_;
  Approval glass_;
};

TEST_F(BreakGlassForgeryTest, NoSecondOneWhileTheFirstIsUnreviewed) {
  EXPECT_FALSE(check_break_glass(scratch_.path(), now_ns()));
  EXPECT_FALSE(check_break_glass(scratch_.path(), now_ns() + 48 * 3600 * kNanosecondsPerSecond))
      << "waiting does not close it";
}

TEST_F(BreakGlassForgeryTest, NoSecondOneWithin24HoursOfAReviewedOne) {
  append(review("alice", people_.alice).value());

  EXPECT_FALSE(check_break_glass(scratch_.path(), now_ns()));
  EXPECT_TRUE(check_break_glass(scratch_.path(), now_ns() + 25 * 3600 * kNanosecondsPerSecond));
}

TEST_F(BreakGlassForgeryTest, OnlyTheReviewGroupCloses) {
  EXPECT_TRUE(review("alice", people_.alice));
  EXPECT_FALSE(review("bob", people_.bob)) << "not of the group";
  EXPECT_FALSE(review("carol", people_.carol)) << "of the group, and the requester";
  EXPECT_FALSE(review("alice", people_.bob)) << "another's name";
  EXPECT_FALSE(review("alice", people_.stranger));
  EXPECT_FALSE(review("alice", people_.alice, kApprovalNamespace)) << "an approval is no review";
  EXPECT_FALSE(
      review("alice", people_.alice, kReviewNamespace, "0192f3c4-7a10-7c3e-9d55-000000000000"));
}

TEST_F(BreakGlassForgeryTest, AReviewCountsOnce) {
  append(review("alice", people_.alice).value());

  EXPECT_FALSE(review("alice", people_.alice));
}

// Revocations of test_approval(), which carol asked for and alice approved.
class RevocationForgeryTest : public ::testing::Test {
 protected:
  std::string text(const char* by, const SigningKey& key,
                   std::string_view name_space = kRevokeNamespace,
                   std::size_t signatures = 1) const {
    Revocation revocation;
    revocation.approval = "0192f3c4-7a10-7c3e-9d55-2f1e6a7b8c9d";
    revocation.by = by;
    revocation.reason = "wrong host";
    revocation.time_s = kTestNow;
    revocation.nonce = "1";
    const std::string body = format_revocation(revocation).value();
    const std::vector<std::string> blocks(signatures, make_sshsig(key, name_space, as_bytes(body)));
    return format_signed_text(body, blocks);
  }
  Status check(const std::string& document, const Policy& policy = Policy()) const {
    const auto line = [](const char* name, const SigningKey& key, const char* options = "") {
      return std::string(name) + " namespaces=\"revoke@scopetrace\"" + options + " " +
             key.public_key().line() + "\n";
    };
    const Trust trust = {
        TrustFile::parse(line("alice", people_.alice) + line("bob", people_.bob) +
                         line("carol", people_.carol) +
                         line("frank", people_.expired, ",valid-before=\"20200101Z\""))
            .value(),
        RevokedKeys()};
    ST_ASSIGN_OR_RETURN(const RevocationText parsed, parse_revocation(document));
    return check_revocation(parsed, trust, policy, {"carol", "alice", "frank"}, kTestNow);
  }

  TestPeople people_;
  ScratchFolder scratch_;
};

TEST_F(RevocationForgeryTest, CountsWhenAPartyOrARevokerSigns) {
  EXPECT_TRUE(check(text("alice", people_.alice)));
  EXPECT_TRUE(check(text("carol", people_.carol)));
  EXPECT_FALSE(check(text("bob", people_.bob))) << "no party";
  EXPECT_TRUE(check(text("bob", people_.bob), policy_of(R"({"revokers":["bob"]})")));
  EXPECT_TRUE(check(text("bob", people_.bob),
                    policy_of(R"({"groups":{"security":["bob"]},"revokers":["security"]})")));
  EXPECT_FALSE(check(text("alice", people_.bob))) << "another's name";
  EXPECT_FALSE(check(text("alice", people_.stranger)));
  EXPECT_FALSE(check(text("frank", people_.expired)));
  EXPECT_FALSE(check(text("alice", people_.alice, kApprovalNamespace)));
  EXPECT_FALSE(check(text("alice", people_.alice, kRevokeNamespace, 2)));
}

TEST_F(RevocationForgeryTest, CannotBeTakenBackOrReplaced) {
  const auto first = parse_revocation(text("alice", people_.alice));
  const auto second = parse_revocation(text("carol", people_.carol));
  const std::string id = first->revocation.approval;
  ASSERT_TRUE(check_not_revoked(scratch_.path(), id));

  EXPECT_EQ(install_revocation(scratch_.path(), *first).value(), true);
  EXPECT_EQ(install_revocation(scratch_.path(), *second).value(), false);

  const Status revoked = check_not_revoked(scratch_.path(), id);
  ASSERT_FALSE(revoked);
  EXPECT_NE(revoked.error().message().find("by alice"), std::string::npos);
  scratch_.write(id, "");
  EXPECT_FALSE(check_not_revoked(scratch_.path(), id)) << "an emptied file still revokes";
}

}  // namespace
}  // namespace scopetrace
