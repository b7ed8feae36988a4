// SPDX-License-Identifier: Apache-2.0
#include "scopes/policy.h"

#include <gtest/gtest.h>

#include "tests/support/schema.h"

namespace scopetrace {
namespace {

constexpr std::string_view kFull = R"({
  "$schema": "policy.schema.json",
  "environment": "staging",
  "people": {"anna-laptop": "anna", "anna-token": "anna"},
  "approvals": {"metadata": 1, "headers": 1, "shape": 2, "redacted": 3, "any_third_party": 3,
                "any_request": 14, "any_request_seconds": 0},
  "limits": {"seconds": 604800, "bytes": 1099511627776, "events_per_second": 1, "cpu_percent": 100},
  "presets": ["standard"],
  "third_parties": {"allowed": ["*.payments.example", "10.0.0.7"], "denied": ["a-b.example"]},
  "require_uv": true,
  "encryption_required": true,
  "recipients": ["age1x"],
  "otlp_targets": ["https://otel.example"],
  "replay_targets": ["http://127.0.0.1:8080"]
})";

TEST(PolicyTest, RefusesAKeyThatAnObjectHasTwice) {
  for (const char* text : {R"({"environment":"production","environment":"development"})",
                           R"({"limits":{"seconds":60,"bytes":1,"seconds":600}})",
                           R"({"people":{"a":"anna"},"groups":{"g":["a"],"\u0067":["b"]}})"}) {
    EXPECT_FALSE(parse_policy(text)) << text;
  }
  EXPECT_TRUE(parse_policy(R"({"groups":{"a":["a"]},"people":{"a":"a"}})"));
}

TEST(PolicyTest, ReadsEveryKey) {
  const auto policy = parse_policy(kFull);

  ASSERT_TRUE(policy) << policy.error().message();
  EXPECT_EQ(policy->environment, "staging");
  EXPECT_EQ(policy->person_of("anna-token"), "anna");
  EXPECT_EQ(policy->person_of("ben"), "ben");
  EXPECT_EQ(policy->approvals, (std::array<std::uint64_t, 4>{1, 1, 2, 3}));
  EXPECT_EQ(policy->approvals_any_request, 14U);
  EXPECT_EQ(policy->limits.seconds, 604800U);
  EXPECT_EQ(policy->third_parties_denied, std::vector<std::string>{"a-b.example"});
  EXPECT_TRUE(policy->is_user_verification_required);
  EXPECT_TRUE(policy->is_encryption_required);
}

struct PolicyCase {
  const char* name;
  std::string json;
  bool is_accepted;
};
class PolicySchemaTest : public testing::TestWithParam<PolicyCase> {};

TEST_P(PolicySchemaTest, AgreesWithTheParser) {
  const PolicyCase& c = GetParam();

  const auto policy = parse_policy(c.json);
  const std::string fault = document_fault(c.json, SCOPETRACE_POLICY_SCHEMA);

  EXPECT_EQ(policy.has_value(), c.is_accepted);
  EXPECT_EQ(fault.empty(), c.is_accepted) << fault;
}

std::string hosts(const std::string& host) {
  return R"({"third_parties":{"denied":[")" + host + R"("]}})";
}

INSTANTIATE_TEST_SUITE_P(
    Policies, PolicySchemaTest,
    testing::Values(PolicyCase{"Default", format_default_policy("production"), true},
                    PolicyCase{"DefaultOfDevelopment", format_default_policy("development"), true},
                    PolicyCase{"Full", std::string(kFull), true}, PolicyCase{"Empty", "{}", true},
                    PolicyCase{"List", "[]", false},
                    PolicyCase{"HeldBundles", R"({"retention":{"held":["a","b"]}})", true},
                    PolicyCase{"HeldBundle", R"({"retention":{"held":"a"}})", false},
                    PolicyCase{"UnknownKey", R"({"limitz":{}})", false},
                    PolicyCase{"UnknownLimit", R"({"limits":{"second":1}})", false},
                    PolicyCase{"UnknownEnvironment", R"({"environment":"prod"})", false},
                    PolicyCase{"NoApprovalInProduction", R"({"approvals":{"metadata":0}})", false},
                    PolicyCase{"NoApprovalInDevelopment",
                               R"({"environment":"development","approvals":{"metadata":0}})", true},
                    PolicyCase{"TooManyApprovals", R"({"approvals":{"shape":15}})", false},
                    PolicyCase{"NegativeLimit", R"({"limits":{"bytes":-1}})", false},
                    PolicyCase{"LimitOfZero", R"({"limits":{"seconds":0}})", false},
                    PolicyCase{"LimitTooLarge", R"({"limits":{"seconds":604801}})", false},
                    PolicyCase{"FractionOfPercent", R"({"limits":{"cpu_percent":1.5}})", false},
                    PolicyCase{"LimitAsText", R"({"limits":{"bytes":"1"}})", false},
                    PolicyCase{"EmptyPerson", R"({"people":{"anna":""}})", false},
                    PolicyCase{"PresetIsNoText", R"({"presets":[1]})", false},
                    PolicyCase{"EncryptionAsText", R"({"encryption_required":"yes"})", false},
                    PolicyCase{"HostAny", hosts("any"), false},
                    PolicyCase{"HostPattern", hosts("*.example"), true},
                    PolicyCase{"HostPatternInside", hosts("a.*.example"), false},
                    PolicyCase{"HostInCapitals", hosts("API.example"), false},
                    PolicyCase{"HostWithTwoDots", hosts("a..example"), false},
                    PolicyCase{"HostOfLongestName", hosts("*." + std::string(253, 'a')), true},
                    PolicyCase{"HostTooLong", hosts(std::string(254, 'a')), false}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace scopetrace
