// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/rules/names.h"

#include "tests/unit/redact/fixture.h"

namespace scopetrace {
namespace {

struct NameCase {
  const char* label;
  const char* name;
  bool is_sensitive;
};
class NameTableTest : public testing::TestWithParam<NameCase> {};

TEST_P(NameTableTest, ComparesWholeSegments) {
  const NameTable names(standard_rules());
  EXPECT_EQ(names.class_of(GetParam().name).has_value(), GetParam().is_sensitive);
}

INSTANTIATE_TEST_SUITE_P(
    Names, NameTableTest,
    testing::Values(NameCase{"Camel", "apiKey", true}, NameCase{"Header", "X-Api-Key", true},
                    NameCase{"Suffix", "acme_prod_client_secret", true},
                    NameCase{"Upper", "DB_PASSWORD", true}, NameCase{"Plural", "max_tokens", false},
                    NameCase{"Substring", "author", false},
                    NameCase{"TokenType", "token_type", false},
                    NameCase{"CacheKey", "cache_key", false},
                    NameCase{"PublicKey", "publicKey", false},
                    NameCase{"KeyId", "signing_key_id", false}, NameCase{"Empty", "", false}),
    [](const auto& test) { return test.param.label; });

TEST(PlausibleValueTest, RefusesTemplatesKeywordsAndCode) {
  for (const char* value : {"", "null", "${TOKEN}", "%s", "<token>", "****", "e.get(\"x\")",
                            "[REDACTED:x:0]", "YOUR_KEY_HERE"}) {
    EXPECT_FALSE(is_plausible_value("generic-token", value)) << value;
  }
  EXPECT_TRUE(is_plausible_value("generic-password", "p;w&d\""));
}

}  // namespace
}  // namespace scopetrace
