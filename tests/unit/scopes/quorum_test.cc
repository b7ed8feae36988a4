// SPDX-License-Identifier: Apache-2.0
#include "scopes/quorum.h"

#include <gtest/gtest.h>

#include "tests/unit/scopes/approval_builder.h"

namespace scopetrace {
namespace {

using Key = SigningKey TestPeople::*;
struct QuorumCase {
  const char* name;
  std::uint64_t approvals;
  std::vector<std::pair<Key, std::string_view>> signers;
  QuorumVerdict verdict;
  const char* reason;  // part of a reason; empty when met
};

class QuorumTest : public testing::TestWithParam<QuorumCase> {};

TEST_P(QuorumTest, JudgesSigners) {
  const TestPeople people;
  Approval approval = test_approval(people);
  approval.approvals = GetParam().approvals;
  std::vector<TestSigner> signers;
  for (const auto& [key, name_space] : GetParam().signers) {
    signers.push_back({&(people.*key), name_space});
  }
  const auto document = parse_approval(signed_document(approval, signers));
  ASSERT_TRUE(document) << document.error().message();

  const Quorum quorum = judge_quorum(*document, people.trust(), test_policy(), kTestNow);

  EXPECT_EQ(quorum.verdict, GetParam().verdict);
  std::string reasons;
  for (const std::string& reason : quorum.reasons) reasons += reason + "\n";
  EXPECT_NE(reasons.find(GetParam().reason), std::string::npos) << reasons;
}

constexpr auto kHost = &TestPeople::host;
constexpr auto kCarol = &TestPeople::carol;
constexpr auto kMet = QuorumVerdict::kMet;
constexpr auto kNotMet = QuorumVerdict::kNotMet;
constexpr std::string_view kH = kHostNamespace;
constexpr std::string_view kR = kRequestNamespace;
constexpr std::string_view kA = kApprovalNamespace;

INSTANTIATE_TEST_SUITE_P(
    Signers, QuorumTest,
    testing::Values(
        QuorumCase{"OneOfOne", 1, {{kHost, kH}, {kCarol, kR}, {&TestPeople::alice, kA}}, kMet, ""},
        QuorumCase{"TwoOfTwo",
                   2,
                   {{kHost, kH}, {kCarol, kR}, {&TestPeople::alice, kA}, {&TestPeople::bob, kA}},
                   kMet,
                   ""},
        QuorumCase{"OneOfTwo",
                   2,
                   {{kHost, kH}, {kCarol, kR}, {&TestPeople::alice, kA}},
                   kNotMet,
                   "1 of 2 approvals"},
        QuorumCase{"TextAsksForNone", 0, {{kHost, kH}, {kCarol, kR}}, kNotMet, "0 of 1 approvals"},
        QuorumCase{"NoHostBlock",
                   1,
                   {{kCarol, kR}, {&TestPeople::alice, kA}},
                   kNotMet,
                   "target facts unproved"},
        QuorumCase{"HostBlockByOtherKey",
                   1,
                   {{&TestPeople::stranger, kH}, {kCarol, kR}, {&TestPeople::alice, kA}},
                   kNotMet,
                   "target facts unproved"},
        QuorumCase{"NoRequest",
                   1,
                   {{kHost, kH}, {&TestPeople::alice, kA}},
                   kNotMet,
                   "requester's signature is missing"},
        QuorumCase{"RequestByOther",
                   1,
                   {{kHost, kH}, {&TestPeople::bob, kR}, {&TestPeople::alice, kA}},
                   kNotMet,
                   "requester's signature is missing"},
        QuorumCase{"RequesterApproves",
                   1,
                   {{kHost, kH}, {kCarol, kR}, {kCarol, kA}},
                   kNotMet,
                   "0 of 1 approvals"},
        QuorumCase{
            "OnePersonTwoKeys",
            2,
            {{kHost, kH}, {kCarol, kR}, {&TestPeople::bob, kA}, {&TestPeople::bob_second, kA}},
            kNotMet,
            "bob has approved already"},
        QuorumCase{"OneKeyTwice",
                   2,
                   {{kHost, kH}, {kCarol, kR}, {&TestPeople::bob, kA}, {&TestPeople::bob, kA}},
                   kNotMet,
                   "the key has signed already"},
        QuorumCase{"TwoPeopleOneKey",
                   1,
                   {{kHost, kH}, {kCarol, kR}, {&TestPeople::shared, kA}},
                   kNotMet,
                   "belongs to several people"},
        QuorumCase{"Stranger",
                   1,
                   {{kHost, kH}, {kCarol, kR}, {&TestPeople::stranger, kA}},
                   kNotMet,
                   "is not in the trust file"},
        QuorumCase{"ExpiredKey",
                   1,
                   {{kHost, kH}, {kCarol, kR}, {&TestPeople::expired, kA}},
                   kNotMet,
                   "was valid only until"},
        QuorumCase{"FutureKey",
                   1,
                   {{kHost, kH}, {kCarol, kR}, {&TestPeople::future, kA}},
                   kNotMet,
                   "is valid only after"},
        QuorumCase{"RevokedKey",
                   1,
                   {{kHost, kH}, {kCarol, kR}, {&TestPeople::revoked, kA}},
                   kNotMet,
                   "is revoked"},
        QuorumCase{"WrongNamespace",
                   1,
                   {{kHost, kH}, {kCarol, kR}, {&TestPeople::alice, "bundle@scopetrace"}},
                   kNotMet,
                   "0 of 1 approvals"},
        QuorumCase{"HostApproves",
                   1,
                   {{kHost, kH}, {kCarol, kR}, {kHost, kA}},
                   kNotMet,
                   "0 of 1 approvals"}),
    [](const auto& test) { return test.param.name; });

TEST(QuorumTest, RefusesEveryEditedByte) {
  const TestPeople people;
  const std::string good = signed_document(
      test_approval(people), {{&people.host, kH}, {&people.carol, kR}, {&people.alice, kA}});
  const Trust trust = people.trust();
  const Policy policy = test_policy();
  const auto is_met = [&](const std::string& text) {
    const auto document = parse_approval(text);
    return document && check_quorum(judge_quorum(*document, trust, policy, kTestNow));
  };
  ASSERT_TRUE(is_met(good));

  std::size_t accepted = 0;
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char flip : {1, 2, 32}) {
      std::string edited = good;
      edited[at] = static_cast<char>(edited[at] ^ flip);
      if (is_met(edited)) ++accepted;
    }
    std::string removed = good;
    removed.erase(at, 1);
    if (is_met(removed)) ++accepted;
  }

  EXPECT_EQ(accepted, 0U);
}

TEST(QuorumTest, CallsAnEditedBodyTampered) {
  const TestPeople people;
  std::string text = signed_document(test_approval(people), {{&people.host, kH}});
  text.replace(text.find("children: no"), 12, "children: yes");

  const auto document = parse_approval(text);
  ASSERT_TRUE(document);
  const Status status =
      check_quorum(judge_quorum(*document, people.trust(), test_policy(), kTestNow));

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kTampered);
}

TEST(QuorumTest, DevelopmentAloneMayAskForNobody) {
  Approval approval = test_approval(TestPeople());
  approval.approvals = 0;
  Policy policy = test_policy();
  policy.approvals = {0, 0, 0, 0};

  const std::uint64_t production = policy.approvals_needed(approval);
  policy.environment = "development";

  EXPECT_EQ(production, 1U);
  EXPECT_EQ(policy.approvals_needed(approval), 0U);
}

}  // namespace
}  // namespace scopetrace
