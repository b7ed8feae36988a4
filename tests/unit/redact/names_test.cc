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
    testing::Values(
        NameCase{"Camel", "apiKey", true}, NameCase{"Header", "X-Api-Key", true},
        NameCase{"Suffix", "acme_prod_client_secret", true}, NameCase{"Upper", "DB_PASSWORD", true},
        NameCase{"Plural", "max_tokens", false}, NameCase{"Substring", "author", false},
        NameCase{"TokenType", "token_type", false}, NameCase{"CacheKey", "cache_key", false},
        NameCase{"PublicKey", "publicKey", false},
        NameCase{"UnknownPrefix", "acme-upload-secret", true},
        NameCase{"Dotted", "spring.datasource.password", true},
        NameCase{"Member", "request.user.pin", true}, NameCase{"Environment", "ENV_PIN", true},
        NameCase{"Digits", "API_KEY_2", true}, NameCase{"Region", "stripe_webhook_secret_eu", true},
        NameCase{"Inner", "myappdbpassword", true},
        NameCase{"InnerOfSeveral", "stripeapikey", true},
        NameCase{"PageToken", "nextpagetoken", false}, NameCase{"Betoken", "betoken", false},
        NameCase{"Question", "has_password", false}, NameCase{"Policy", "password_policy", false},
        NameCase{"File", "DB_PASSWORD_FILE", false}, NameCase{"Separators", "_-_", false},
        NameCase{"KeyId", "signing_key_id", false}, NameCase{"Empty", "", false}),
    [](const auto& test) { return test.param.label; });

TEST(NameTableTest, AsksForALookWhereNamesAreOftenHarmless) {
  const NameTable names(standard_rules());
  EXPECT_FALSE(names.class_of("stripe_key"));
  EXPECT_TRUE(names.class_of("stripe_key", make_secret(24)));
  EXPECT_FALSE(names.class_of("stripe_key", "checkout.title"));
  EXPECT_FALSE(names.class_of("cache_key", make_secret(24)));
}

TEST(PlausibleValueTest, RefusesTemplatesKeywordsAndCode) {
  for (const char* value : {"", "null", "${TOKEN}", "%s", "<token>", "****", "e.get(\"x\")",
                            "[REDACTED:x]", "YOUR_KEY_HERE", "$DB_PASS", "[FILTERED]",
                            "/run/secrets/token", "vault:kv/app", "https://x.example/t", "17"}) {
    EXPECT_FALSE(is_plausible_value("generic-token", value)) << value;
  }
  EXPECT_TRUE(is_plausible_value("generic-password", "p;w&d\""));
  EXPECT_TRUE(is_plausible_value("generic-secret", "/" + make_secret(38)));  // base64
}

TEST(PlausibleValueTest, RefusesAddressesOfOnesOwnNetwork) {
  EXPECT_FALSE(is_plausible_value("client-ip", "10.0.3.7"));
  EXPECT_FALSE(is_plausible_value("client-ip", "172.20.0.1"));
  EXPECT_TRUE(is_plausible_value("client-ip", "24.113.40.11"));
}

TEST(PlausibleValueTest, TellsCodeFromValues) {
  EXPECT_TRUE(is_code_word("self.password"));
  EXPECT_TRUE(is_code_word("userPassword"));
  EXPECT_FALSE(is_code_word("hunter2"));
  EXPECT_FALSE(is_code_word("supersecret"));
}

TEST(PlausibleValueTest, TellsRandomTokensFromWords) {
  EXPECT_TRUE(is_random_token(make_secret(20)));
  EXPECT_FALSE(is_random_token("HTTPRequestHandlerFactoryBeanDefinition"));
  EXPECT_FALSE(is_random_token("7f0c6f2e-2b1a-4a6b-9a53-0d1f5c3b7e11"));
}

}  // namespace
}  // namespace scopetrace
