// SPDX-License-Identifier: Apache-2.0
#include "tests/support/corpus/secret_corpus.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/support/corpus/log_lines.h"
#include "tests/support/corpus/score.h"
#include "tests/support/corpus/template.h"
#include "tests/support/corpus/values.h"

namespace scopetrace::testing {
namespace {

const RuleSet& rules() {
  static const RuleSet parsed = *RuleSet::parse(standard_profile());
  return parsed;
}

const std::vector<CorpusRecord>& corpus() {
  static const std::vector<CorpusRecord> records = make_corpus(rules(), {});
  return records;
}

Rendered render_with(std::string_view pattern, const std::string& value) {
  Random random(1);
  return render(pattern, {{"api", "key"}, value}, random);
}

std::string secret_of(const Rendered& rendered) {
  const TextRange range = rendered.secrets.at(0);
  return rendered.text.substr(range.begin, range.end - range.begin);
}

TEST(TemplateTest, WritesNamesInEachStyle) {
  const std::string text = render_with("«name» «camel» «upper» «train» «dotted» «flat»", "v").text;
  EXPECT_EQ(text, "api_key apiKey API_KEY Api-Key api.key apikey");
}

TEST(TemplateTest, FindsTheValueInsideEncodedBlocks) {
  EXPECT_EQ(secret_of(render_with("a=⟦pct:x=«value|json»⟧", "p\"q")), "p%5C%22q");
  EXPECT_EQ(secret_of(render_with("\"⟦json:{\"k\":\"«value|json»\"}⟧\"", "p\"q")), "p\\\\\\\"q");
}

TEST(TemplateTest, ClaimsOfBase64OnlyWhatTheValueDecides) {
  const Rendered one = render_with("⟦b64:a«value»b⟧", "secret-value");
  const Rendered other = render_with("⟦b64:z«value»y⟧", "secret-value");
  EXPECT_EQ(secret_of(one), secret_of(other));
  EXPECT_GE(secret_of(one).size(), 14U);
}

TEST(TemplateTest, KeepsWhatIsMarked) {
  const Rendered rendered = render_with("⟨a=1⟩ b=«value»", "v");
  ASSERT_EQ(rendered.keeps.size(), 1U);
  EXPECT_EQ(rendered.text, "a=1 b=v");
  EXPECT_EQ(rendered.keeps[0], (TextRange{0, 3}));
}

TEST(EncodeTest, KnownAnswers) {
  EXPECT_EQ(encode("b64", "foob"), "Zm9vYg==");
  EXPECT_EQ(encode("b64url", "foob"), "Zm9vYg");
  EXPECT_EQ(encode("pct2", "a b"), "a%2520b");
  EXPECT_EQ(encode("props", "a:b"), "a\\:b");
  EXPECT_EQ(encode("u0026", "a&b"), "a\\u0026b");
  EXPECT_EQ(encode("xml", "<'"), "&lt;&#39;");
}

TEST(SecretCorpusTest, IsTheSameForTheSameSeed) {
  const std::vector<CorpusRecord> again = make_corpus(rules(), {});
  ASSERT_EQ(again.size(), corpus().size());
  for (std::size_t i = 0; i < again.size(); ++i) EXPECT_EQ(again[i].text, corpus()[i].text);
  EXPECT_NE(make_corpus(rules(), {.seed = 2})[0].text, corpus()[0].text);
}

TEST(SecretCorpusTest, EachRecordHoldsWhatItSays) {
  for (const CorpusRecord& record : corpus()) {
    EXPECT_EQ(record.class_name.starts_with("neg-"), record.is_negative()) << record.context;
    const Verdict untouched = judge(record, record.text);
    EXPECT_TRUE(untouched.lost.empty()) << record.context;
    EXPECT_EQ(untouched.is_redacted, record.is_negative()) << record.context;
  }
}

TEST(SecretCorpusTest, HidesNoSecretInTextToKeep) {
  for (const CorpusRecord& record : corpus()) {
    for (const std::string& keep : record.keep) {
      for (const std::string& secret : record.secrets) {
        EXPECT_EQ(keep.find(secret), std::string::npos) << record.context << ": " << record.text;
      }
    }
  }
}

TEST(SecretCorpusTest, ReachesEveryRuleAndManyContexts) {
  std::set<std::string> classes;
  std::map<std::string, std::size_t> contexts;
  std::set<std::string> kinds;
  for (const CorpusRecord& record : corpus()) {
    if (record.is_negative()) kinds.insert(record.context);
    if (!record.is_negative()) ++contexts[record.context], classes.insert(record.class_name);
  }
  for (const ShapeRule& rule : rules().shapes()) EXPECT_TRUE(classes.contains(rule.class_name));
  for (const NameRule& rule : rules().names()) EXPECT_TRUE(classes.contains(rule.class_name));
  EXPECT_GE(kinds.size(), 40U);
  EXPECT_GE(contexts.size(), 400U);
  for (const auto& [context, count] : contexts) EXPECT_GE(count, 3U) << context;
}

// Published examples of the rules behind the check digits.
TEST(PersonalValuesTest, CheckDigitsAreRight) {
  Random random(3);
  for (int i = 0; i < 50; ++i) {
    int luhn = 0;
    const std::string pan = personal_value("pan", random);
    for (std::size_t k = 0; k < pan.size(); ++k) {
      const int digit = (pan[pan.size() - 1 - k] - '0') * (k % 2 == 1 ? 2 : 1);
      luhn += digit > 9 ? digit - 9 : digit;
    }
    EXPECT_EQ(luhn % 10, 0) << pan;
    const std::string iban = personal_value("iban", random);
    int remainder = 0;
    for (const char c : iban.substr(4) + iban.substr(0, 4)) {
      const int value = c >= 'A' ? c - 'A' + 10 : c - '0';
      remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
    }
    EXPECT_EQ(remainder, 1) << iban;
  }
}

TEST(LogLinesTest, AreWholeAndTheSameForTheSameSeed) {
  std::string one, other;
  LogLines(rules(), kDenseLog, 4).append(one, 100'000);
  LogLines(rules(), kDenseLog, 4).append(other, 100'000);
  EXPECT_EQ(one, other);
  EXPECT_GE(one.size(), 100'000U);
  EXPECT_EQ(one.back(), '\n');
}

}  // namespace
}  // namespace scopetrace::testing
