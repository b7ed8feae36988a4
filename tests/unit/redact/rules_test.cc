// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/rules/rules.h"

#include <random>

#include "tests/unit/redact/fixture.h"

namespace scopetrace {
namespace {

// Every shape of the profile, on an example generated from the rule itself.
class ShapeRuleTest : public ::testing::TestWithParam<std::size_t> {};

TEST_P(ShapeRuleTest, RedactsItsExampleInAnyText) {
  const ShapeRule& rule = standard_rules().shapes()[GetParam()];
  std::mt19937_64 random(GetParam() + 11);
  const std::string example = rule.shape.generate(random);
  Scanner s;

  const std::string redacted = s.scanner.redact("read \"" + example + "\" from it");

  EXPECT_FALSE(contains(redacted, example)) << rule.class_name << " " << rule.shape_text;
  EXPECT_TRUE(redacted.ends_with("\" from it"));
}

INSTANTIATE_TEST_SUITE_P(Rules, ShapeRuleTest,
                         ::testing::Range<std::size_t>(0, standard_rules().shapes().size()));

// A value that the class may hold and that looks secret.
std::string value_of(const NameRule& rule, std::uint64_t seed) {
  const std::string& class_name = rule.class_name;
  std::mt19937_64 random(seed);
  if (rule.value) return rule.value->generate(random);
  if (class_name == "pan") return std::string(4, '4') + std::string(11, '1') + "9";  // by Luhn
  if (class_name == "email") return "x9@" + make_secret(9) + ".example";
  if (class_name == "client-ip") return "24.113.40.11";
  if (class_name == "person-name") return "Ottoline Quillow";
  if (class_name == "postal-address") return "483 Quillow Lane";
  return make_secret(18, seed) + "204816";
}

class NameRuleTest : public ::testing::TestWithParam<std::size_t> {};

TEST_P(NameRuleTest, RedactsTheValueOfEachName) {
  const NameRule& rule = standard_rules().names()[GetParam()];
  const std::string secret = value_of(rule, GetParam() + 1);
  Scanner s;

  std::vector<std::string> missed;
  for (const std::string& name : rule.names) {
    std::string field = name.starts_with("*_") ? "my" + name.substr(1) : name;
    if (field.ends_with('?')) field.pop_back();
    if (contains(s.scanner.redact_named(field, secret), secret)) missed.push_back(name);
  }

  EXPECT_EQ(missed, std::vector<std::string>()) << rule.class_name;
}

INSTANTIATE_TEST_SUITE_P(Rules, NameRuleTest,
                         ::testing::Range<std::size_t>(0, standard_rules().names().size()));

TEST(RuleSetTest, DigestIsThatOfItsBytes) {
  EXPECT_EQ(standard_rules().digest(), sha256(standard_profile()));
  EXPECT_EQ(standard_rules().name(), "standard");
}

TEST(RuleSetTest, RefusesBadRuleWithLineAndReason) {
  const std::string_view text =
      "{\"profile\": \"x\",\n \"shapes\": [\n"
      "  {\"class\": \"a\", \"shape\": \"ab[hex]{4}\"},\n"
      "  {\"class\": \"b\", \"shape\": \"cd[hex\"}\n]}";

  const auto rules = RuleSet::parse(as_bytes(text));

  ASSERT_FALSE(rules);
  EXPECT_EQ(rules.error().code(), ErrorCode::kCorrupt);
  EXPECT_TRUE(contains(rules.error().message(), "line 4")) << rules.error().message();
  EXPECT_TRUE(contains(rules.error().message(), "a set is not closed"));
}

TEST(RuleSetTest, RefusesShapeWithoutLiteral) {
  EXPECT_FALSE(RuleSet::parse(
      as_bytes(R"({"profile": "x", "shapes": [{"class": "a", "shape": "[hex]{40}"}]})")));
}

TEST(RuleSetTest, RefusesUnknownMember) {
  EXPECT_FALSE(RuleSet::parse(as_bytes(R"({"profile": "x", "version": 1, "extra": []})")));
}

}  // namespace
}  // namespace scopetrace
