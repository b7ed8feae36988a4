// SPDX-License-Identifier: Apache-2.0
// Profiles as files: what is refused and how it is said, composition, digest, own rules.
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include "tests/support/schema.h"
#include "tests/unit/redact/fixture.h"
#include "userspace/redact/detect/rule_examples.h"
#include "userspace/redact/profile_loader.h"

namespace scopetrace {
namespace {

constexpr std::string_view kOwn = R"({
  "profile": "acme",
  "version": 1,
  "shapes": [
    {"class": "acme-key", "shape": "acme_[hex]{32}",
     "examples": ["key «acme_[hex]{32}» of it"],
     "counter_examples": ["acme_main", "acme_«[hex]{31}»"]}
  ],
  "names": [
    {"class": "badge", "names": ["badge_no"], "value": "B-[digit]{6}",
     "examples": ["badge_no=«B-[digit]{6}»"],
     "counter_examples": ["badge_no=none at all"]},
    {"class": "zip", "names": ["zip_code"]}
  ],
  "public_names": ["shop_token"],
  "low_entropy_classes": ["badge"],
  "personal_classes": ["badge", "zip"]
})";

std::string own_text() { return std::string(kOwn); }

// The text of the file with one part replaced.
std::string changed(std::string_view part, std::string_view by) {
  std::string text = own_text();
  const auto at = text.find(part);
  EXPECT_NE(at, text.npos) << part;
  return text.replace(at, part.size(), by);
}

Result<RuleSet> load(const std::string& expression, const std::string& own) {
  return load_profile(expression, [&](const std::string&) -> Result<std::string> { return own; });
}

// Redacts with the rules of an expression.
class ProfileScanner {
 public:
  explicit ProfileScanner(const std::string& expression, const std::string& own = own_text())
      : rules_(*load(expression, own)), detectors_(*Detectors::make(rules_)) {}
  std::string redact(std::string_view text) { return scanner_.redact(text); }

 private:
  RuleSet rules_;
  std::unique_ptr<Detectors> detectors_;
  TextScanner scanner_{*detectors_, test_key()};
};

TEST(ProfileCompositionTest, IsNamedByItsParts) {
  const auto rules = load("standard+pci+./acme.json", own_text());

  ASSERT_TRUE(rules) << rules.error().message();
  EXPECT_EQ(rules->name(), "standard+pci+acme");
}

TEST(ProfileCompositionTest, DigestIsThatOfTheTextsOneBehindTheOther) {
  const auto rules = load("standard+pci+./acme.json", own_text());
  ASSERT_TRUE(rules);
  Sha256 hash;
  hash.update(standard_profile());
  hash.update(builtin_profile("pci"));
  hash.update(as_bytes(kOwn));

  EXPECT_EQ(rules->digest(), hash.digest());
}

TEST(ProfileCompositionTest, OfStandardAloneKeepsTheDigestOfItsFile) {
  EXPECT_EQ(load("standard", "")->digest(), sha256(standard_profile()));
}

TEST(ProfileCompositionTest, ComesBackFromItsText) {
  const auto rules = load("standard+gdpr+hipaa+./acme.json", own_text());
  ASSERT_TRUE(rules);

  const auto again = RuleSet::parse(as_bytes(rules->text()));

  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->name(), rules->name());
  EXPECT_EQ(again->digest(), rules->digest());
  EXPECT_EQ(again->shapes().size(), rules->shapes().size());
  EXPECT_EQ(again->names().size(), rules->names().size());
  EXPECT_EQ(again->public_names(), rules->public_names());
}

TEST(ProfileCompositionTest, RefusesTrailingText) {
  const std::string text = own_text() + "x";
  EXPECT_FALSE(RuleSet::parse(as_bytes(text)));
}

TEST(ProfileCompositionTest, NameOfALaterProfileIsNoLongerPublic) {
  EXPECT_TRUE(contains(ProfileScanner("standard").redact("zip_code=90210"), "90210"));
  EXPECT_FALSE(contains(ProfileScanner("standard+./acme.json").redact("zip_code=90210"), "90210"));
}

TEST(ProfileCompositionTest, PublicNameFreesFromASuffixRule) {
  const std::string text = "shop_token=kq7Zp2Lw9Xc4Vb6N";
  EXPECT_NE(ProfileScanner("standard").redact(text), text);
  EXPECT_EQ(ProfileScanner("standard+./acme.json").redact(text), text);
}

TEST(ProfileCompositionTest, PublicNameTakesNoNameBack) {
  const auto rules = load("standard+./acme.json", changed("shop_token", "api_key"));

  ASSERT_FALSE(rules);
  EXPECT_TRUE(contains(rules.error().message(), "'api_key' takes back a name of standard"))
      << rules.error().message();
}

struct ExpressionCase {
  const char* label;
  const char* expression;
};
class BadExpressionTest : public testing::TestWithParam<ExpressionCase> {};

TEST_P(BadExpressionTest, IsRefused) {
  const auto rules = load_profile(GetParam().expression, refuse_own_profile);
  EXPECT_FALSE(rules);
}

INSTANTIATE_TEST_SUITE_P(Expressions, BadExpressionTest,
                         testing::Values(ExpressionCase{"Empty", ""},
                                         ExpressionCase{"WithoutStandard", "pci"},
                                         ExpressionCase{"EmptyPart", "standard++pci"},
                                         ExpressionCase{"TrailingPlus", "standard+"},
                                         ExpressionCase{"Twice", "standard+pci+pci"},
                                         ExpressionCase{"Unknown", "standard+other"},
                                         ExpressionCase{"Many", "standard+a+b+c+d+e+f+g+h"}),
                         [](const auto& test) { return test.param.label; });

TEST(OwnProfileTest, ShapeIsRedacted) {
  std::mt19937_64 random(3);
  const std::string key = Shape::parse("acme_[hex]{32}")->generate(random);
  const std::string redacted = ProfileScanner("standard+./acme.json").redact("use " + key + " now");

  EXPECT_FALSE(contains(redacted, key));
  EXPECT_TRUE(contains(redacted, "[REDACTED:acme-key:")) << redacted;
}

TEST(OwnProfileTest, NameWithValueShapeTakesOnlySuchValues) {
  ProfileScanner scanner("standard+./acme.json");
  EXPECT_EQ(scanner.redact("badge_no=B-123456"), "badge_no=[REDACTED:badge]");
  EXPECT_EQ(scanner.redact("badge_no=C-12345"), "badge_no=C-12345");
  EXPECT_EQ(scanner.redact(R"({"badge_no": "B-123456"})"), R"({"badge_no": "[REDACTED:badge]"})");
}

TEST(OwnProfileTest, ValueShapeDoesNotNarrowTheClassOfAnotherProfile) {
  const std::string text = changed(R"("class": "badge", "names": ["badge_no"])",
                                   R"("class": "generic-password", "names": ["badge_no"])");
  ProfileScanner scanner("standard+./acme.json", text);
  EXPECT_FALSE(contains(scanner.redact("password=hunter2hunter2"), "hunter2"));
}

TEST(OwnProfileTest, IsCalledWhatItsFileIs) {
  EXPECT_TRUE(load("standard+acme", own_text()));
  EXPECT_FALSE(load("standard+other", own_text()));
  EXPECT_FALSE(load("standard+./x.json", changed("\"acme\"", "\"pci\"")));
}

struct RefusalCase {
  const char* label;
  const char* part;
  const char* by;
  const char* line;
  const char* reason;
};
class ProfileRefusalTest : public testing::TestWithParam<RefusalCase> {};

TEST_P(ProfileRefusalTest, NamesFileLineAndReason) {
  const auto rules = load("standard+./own.json", changed(GetParam().part, GetParam().by));

  ASSERT_FALSE(rules);
  const std::string message = rules.error().message();
  EXPECT_EQ(rules.error().code(), ErrorCode::kCorrupt);
  EXPECT_TRUE(contains(message, std::string("./own.json line ") + GetParam().line + ": "))
      << message;
  EXPECT_TRUE(contains(message, GetParam().reason)) << message;
}

INSTANTIATE_TEST_SUITE_P(
    Faults, ProfileRefusalTest,
    testing::Values(
        RefusalCase{"NotJson", "\"profile\"", "profile", "1", "not a JSON object"},
        RefusalCase{"MemberTwice", "\"version\": 1", R"("version": 1, "version": 1)", "1",
                    "'version' twice"},
        RefusalCase{"NoVersion", "\"version\": 1,", "", "1", "no version"},
        RefusalCase{"OtherVersion", "\"version\": 1", "\"version\": 2", "3", "unknown version"},
        RefusalCase{"UnknownMember", "public_names", "publik_names", "15",
                    "unknown member 'publik_names'"},
        RefusalCase{"UnknownMemberOfARule", "\"examples\": [\"key", "\"exemples\": [\"key", "6",
                    "unknown member 'exemples' of a rule"},
        RefusalCase{"BadProfileName", "\"acme\"", "\"Acme Inc\"", "2", "profile's name"},
        RefusalCase{"BadClass", "\"acme-key\"", "\"Acme_key\"", "5", "a class is not"},
        RefusalCase{"UnknownSetName", "\"shape\": \"acme_[hex]", "\"shape\": \"acme_[hexa]", "5",
                    "unknown set name at column 6"},
        RefusalCase{"BadCount", "\"acme_[hex]{32}\"", "\"acme_[hex]{4,2}\"", "5",
                    "the count is not min,max"},
        RefusalCase{"NoCount", "\"acme_[hex]{32}\"", "\"acme_[hex]\"", "5", "a set needs a count"},
        RefusalCase{"LiteralTooShort", "\"acme_[hex]{32}\"", "\"a[hex]{32}\"", "5",
                    "the literal is too short"},
        RefusalCase{"SameShapeTwice", "\"shapes\": [",
                    R"("shapes": [{"class": "acme-key", "shape": "acme_[hex]{32}"},)", "5",
                    "the same shape twice"},
        RefusalCase{"BadValueShape", "B-[digit]{6}\",\n", "B-[digit]{}\",\n", "10",
                    "the count is not min,max"},
        RefusalCase{"NameIsNone", "\"badge_no\"]", "\"_-_\"]", "10", "'_-_' is not a name"},
        RefusalCase{"StarInside", "\"badge_no\"]", "\"badge_*\"]", "10", "has a *"},
        RefusalCase{"NoNames", "[\"zip_code\"]", "[]", "13", "no names"},
        RefusalCase{"ValueOnSomeRulesOnly", "\"zip\", \"names\"", "\"badge\", \"names\"", "13",
                    "some rules of the class have a value shape"},
        RefusalCase{"UnknownDetector", "\"low_entropy_classes\": [\"badge\"]",
                    "\"detectors\": [\"all\"]", "16", "'all' is not a detector"},
        RefusalCase{"ExampleNotFound", "key «acme_[hex]{32}»", "key «acme_[hex]{30}»", "5",
                    "example 'key «acme_[hex]{30}» of it' is not found"},
        RefusalCase{"ExampleWithoutMark", "key «acme_[hex]{32}»", "key", "5",
                    "has not one part between « and »"},
        RefusalCase{"ExampleOfNameNotFound", "badge_no=«B-", "badge_id=«B-", "10", "is not found"},
        RefusalCase{"CounterExampleFound", "acme_«[hex]{31}»", "acme_«[hex]{32}»", "5", "is found"},
        RefusalCase{"CounterExampleOfNameFound", "badge_no=none at all", "badge_no=«B-[digit]{6}»",
                    "10", "is found"}),
    [](const auto& test) { return test.param.label; });

TEST(ProfileSchemaTest, HoldsForEveryProfile) {
  for (const char* name : {"standard", "pci", "gdpr", "hipaa"}) {
    const std::string text(as_text(builtin_profile(name)));
    EXPECT_EQ(document_fault(text, SCOPETRACE_PROFILE_SCHEMA), "") << name;
  }
  EXPECT_EQ(document_fault(own_text(), SCOPETRACE_PROFILE_SCHEMA), "");
}

TEST_P(ProfileRefusalTest, IsNoWiderInTheSchema) {
  // What the schema refuses, the parser refuses as well: both are held against the same faults.
  const std::string text = changed(GetParam().part, GetParam().by);
  if (document_fault(text, SCOPETRACE_PROFILE_SCHEMA).empty()) return;
  EXPECT_FALSE(RuleSet::parse_profile(text, "own"));
}

class BuiltinProfileTest : public testing::TestWithParam<const char*> {};

TEST_P(BuiltinProfileTest, KeepsTheExamplesOfItsRules) {
  const auto rules = RuleSet::parse_profile(as_text(builtin_profile(GetParam())), GetParam());
  ASSERT_TRUE(rules) << rules.error().message();

  const auto checked = check_rule_examples(*rules, GetParam());

  EXPECT_TRUE(checked) << checked.error().message();
}

TEST_P(BuiltinProfileTest, KeepsItsCounterExamplesWhereAllProfilesAreComposed) {
  const auto rules = *RuleSet::parse_profile(as_text(builtin_profile(GetParam())), GetParam());
  ProfileScanner scanner("standard+pci+gdpr+hipaa");
  const auto check = [&](const auto& rule) {
    for (const std::string& text : rule.examples.kept) EXPECT_EQ(scanner.redact(text), text);
  };
  for (const ShapeRule& rule : rules.shapes()) check(rule);
  for (const NameRule& rule : rules.names()) check(rule);
}

INSTANTIATE_TEST_SUITE_P(Profiles, BuiltinProfileTest,
                         testing::Values("standard", "pci", "gdpr", "hipaa"));

// ---- docs/redaction.md -------------------------------------------------------------------------

std::string read_page() {
  std::ifstream file(SCOPETRACE_REDACTION_PAGE);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// The table row of each class: in which profiles, by what.
std::string class_table() {
  std::map<std::string, std::set<std::string>> kinds;
  std::map<std::string, std::vector<std::string>> profiles;
  for (const char* name : {"standard", "pci", "gdpr", "hipaa"}) {
    const RuleSet rules = *RuleSet::parse_profile(as_text(builtin_profile(name)), name);
    std::set<std::string> classes;
    for (const ShapeRule& rule : rules.shapes()) {
      kinds[rule.class_name].insert("form");
      classes.insert(rule.class_name);
    }
    for (const NameRule& rule : rules.names()) {
      kinds[rule.class_name].insert("name");
      classes.insert(rule.class_name);
    }
    for (const std::string& class_name : classes) profiles[class_name].push_back(name);
  }
  const auto join = [](const auto& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
  };
  std::string table;
  for (const auto& [class_name, by] : kinds) {
    table += "| `" + class_name + "` | " + join(by) + " | " + join(profiles[class_name]) + " |\n";
  }
  return table;
}

TEST(RedactionPageTest, ListsEveryClassOfTheProfiles) {
  EXPECT_TRUE(contains(read_page(), "| --- | --- | --- |\n" + class_table()))
      << "the table of classes is now:\n"
      << class_table();
}

TEST(RedactionPageTest, ShowsAnOwnProfileThatLoads) {
  const std::string page = read_page();
  const auto begin = page.find("```json\n") + 8;
  const auto end = page.find("```", begin);
  ASSERT_NE(end, page.npos);
  const std::string own = page.substr(begin, end - begin);

  const auto rules = load("standard+./acme.json", own);

  ASSERT_TRUE(rules) << rules.error().message();
  EXPECT_EQ(document_fault(own, SCOPETRACE_PROFILE_SCHEMA), "");
}

}  // namespace
}  // namespace scopetrace
