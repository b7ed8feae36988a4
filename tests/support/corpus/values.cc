// SPDX-License-Identifier: Apache-2.0
#include "tests/support/corpus/values.h"

#include <algorithm>
#include <array>
#include <map>

namespace scopetrace::testing {
namespace {

// Kinds of password in turn: as people and generators make them.
constexpr std::array<std::string_view, 8> kPasswordShapes = {"[alnum]{14}",
                                                             "[a-z]{6}[0-9]{2}",
                                                             "[A-Z]{1}[a-z]{5}[0-9]{3}![alnum]{3}",
                                                             "[alnum]{5}&[alnum]{4};[alnum]{3}",
                                                             "[alnum]{4}\"[alnum]{3}'[alnum]{3}@",
                                                             "[alnum]{4} [alnum]{4}#[alnum]{4}",
                                                             "[alnum]{5}\\\\[alnum]{4}%[alnum]{3}",
                                                             "[a-z]{5}-[a-z]{4}-[a-z]{6}-[0-9]{2}"};

// What the values of name rules look like, by class. Source: rows 167 to 242 of the rule table.
constexpr std::array<std::pair<std::string_view, std::string_view>, 71> kShapesByClass = {{
    {"aws-secret-key", "[base64]{40}"},
    {"generic-api-key", "[alnum]{32}"},
    {"generic-api-key-hex", "[0-9a-f]{40}"},
    {"generic-secret", "[alnum]{28}"},
    {"generic-token", "[base64url]{36}"},
    {"passphrase", "[a-z]{5}-[a-z]{6}-[a-z]{4}-[a-z]{7}"},
    {"oauth-refresh-token", "[base64url]{64}"},
    {"oauth-code", "[base64url]{40}"},
    {"pkce-verifier", "[base64url]{64}"},
    {"twilio-auth-token", "[0-9a-f]{32}"},
    {"datadog-api-key", "[0-9a-f]{32}"},
    {"datadog-app-key", "[0-9a-f]{40}"},
    {"cloudflare-api-token", "[base64url]{40}"},
    {"cloudflare-global-key", "[0-9a-f]{37}"},
    {"heroku-key", "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"},
    {"snyk-token", "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"},
    {"algolia-admin-key", "[0-9a-f]{32}"},
    {"okta-token", "00[base64url]{40}"},
    {"mistral-key", "[alnum]{32}"},
    {"cohere-key", "[alnum]{40}"},
    {"wandb-key", "[0-9a-f]{40}"},
    {"asana-secret", "[0-9a-f]{32}"},
    {"dropbox-token", "sl.[base64url]{135}"},
    {"discord-client-secret", "[base64url]{32}"},
    {"linkedin-secret", "[alnum]{16}"},
    {"spotify-secret", "[0-9a-f]{32}"},
    {"twitch-token", "[lower-alnum]{30}"},
    {"twitter-api-secret", "[alnum]{50}"},
    {"twitter-bearer", "AAAAAAAAAAAAAAAAAAAAAA[alnum]{80}"},
    {"fastly-token", "[base64url]{32}"},
    {"zendesk-token", "[alnum]{40}"},
    {"kucoin-secret", "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"},
    {"kraken-secret", "[base64]{86}=="},
    {"coinbase-secret", "[base64url]{64}"},
    {"confluent-secret", "[base64]{64}"},
    {"etsy-token", "[lower-alnum]{24}"},
    {"mattermost-token", "[lower-alnum]{26}"},
    {"messagebird-key", "[alnum]{25}"},
    {"sumologic-key", "[alnum]{64}"},
    {"travis-token", "[alnum]{22}"},
    {"codecov-token", "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"},
    {"sendbird-token", "[0-9a-f]{40}"},
    {"pagerduty-key", "[base64url]{20}"},
    {"ibm-cloud-key", "[base64url]{44}"},
    {"ibm-cos-hmac", "[0-9a-f]{48}"},
    {"cloudant-password", "[0-9a-f]{64}"},
    {"softlayer-key", "[0-9a-f]{64}"},
    {"meraki-key", "[0-9a-f]{40}"},
    {"elastic-api-key", "[base64]{60}"},
    {"rails-secret-key-base", "[0-9a-f]{128}"},
    {"rails-master-key", "[0-9a-f]{32}"},
    {"laravel-app-key", "base64:[base64]{43}="},
    {"django-secret-key", "[alnum!@#*^+-]{50}"},
    {"encryption-key-hex", "[0-9a-f]{64}"},
    {"eth-private-key", "0x[0-9a-f]{64}"},
    {"hmac-secret-b64", "[base64]{43}="},
    {"csrf-token", "[base64url]{44}"},
    {"totp-seed", "[base32]{32}"},
    {"recovery-code", "[0-9a-f]{5}-[0-9a-f]{5}"},
    {"reset-token", "[0-9a-f]{40}"},
    {"session-id", "[lower-alnum]{32}"},
    {"vault-legacy-token", "s.[alnum]{24}"},
    {"azure-storage-key", "[base64]{86}=="},
    {"azure-apim-key", "[0-9a-f]{32}"},
    {"rapidapi-key", "[alnum]{50}"},
    {"bittrex-secret", "[0-9a-f]{32}"},
    {"lumigo-flickr-secret", "[0-9a-f]{16}"},
    {"intercom-token", "dG9rO[alnum]{55}"},
    {"signature", "[0-9a-f]{64}"},
    {"credentials", "[base64url]{48}"},
    {"nytimes-key", "[alnum]{32}"},
}};

// Numbers too short to be told from others without a field around them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kShortNumbers = {
    {{"otp-code", "[1-9]{1}[0-9]{5}"},
     {"otp", "[1-9]{1}[0-9]{5}"},
     {"pin-code", "[1-9]{1}[0-9]{3}"},
     {"pin", "[1-9]{1}[0-9]{3}"},
     {"cvv", "[1-9]{1}[0-9]{2}"},
     {"snmp-community", "[a-z]{5}[0-9]{3}"}}};

constexpr std::array<std::string_view, 4> kOptionalClasses = {"person-name", "postal-address",
                                                              "device-id", "client-ip"};

constexpr std::array<std::string_view, 24> kPhraseWords = {
    "abandon",  "ability", "canyon",  "dolphin", "eager",    "fabric", "galaxy", "hammer",
    "identify", "jungle",  "kitchen", "ladder",  "machine",  "napkin", "ocean",  "panther",
    "quantum",  "rabbit",  "saddle",  "tackle",  "umbrella", "vacuum", "walnut", "zebra"};

constexpr std::array<std::string_view, 8> kInnocentNames = {
    "note", "comment", "reference", "label", "remark", "description", "memo", "text"};

constexpr std::array<std::string_view, 5> kBeginnings = {"acme", "billing", "upstream", "legacy",
                                                         "partner_eu"};

// Names in the wild: a word of secrecy in front, behind or between words of a program.
constexpr std::array<std::string_view, 36> kUnlistedNames = {"grafana_admin_password",
                                                             "dbPasswordProd",
                                                             "smtp_relay_passwd",
                                                             "ACME_UPLOAD_SECRET",
                                                             "slackSigningSecretV2",
                                                             "stripe_webhook_secret_eu",
                                                             "internal_service_token",
                                                             "X-Acme-Token",
                                                             "x-internal-api-key",
                                                             "oauthClientSecret",
                                                             "ci_deploy_token",
                                                             "backupEncryptionKey",
                                                             "jwtSigningSecret",
                                                             "session_signing_key",
                                                             "ldap_bind_password",
                                                             "bindPassword",
                                                             "keystorePass",
                                                             "trustStorePassword",
                                                             "sa_password",
                                                             "POSTGRES_PASSWORD",
                                                             "MYSQL_ROOT_PASSWORD",
                                                             "RABBITMQ_DEFAULT_PASS",
                                                             "REDIS_AUTH_TOKEN",
                                                             "vault_unseal_token",
                                                             "adminApiKey",
                                                             "partnerAccessToken",
                                                             "refreshTokenValue",
                                                             "user_session_token",
                                                             "wifiPassword",
                                                             "ftp_password",
                                                             "proxyPassword",
                                                             "SECRET_KEY",
                                                             "NEXTAUTH_SECRET",
                                                             "TWITTER_CONSUMER_SECRET",
                                                             "hub_access_token",
                                                             "sso_client_secret"};

template <std::size_t N>
std::string_view look_up(const std::array<std::pair<std::string_view, std::string_view>, N>& table,
                         std::string_view key) {
  for (const auto& [name, shape] : table) {
    if (name == key) return shape;
  }
  return {};
}

template <std::size_t N>
bool holds(const std::array<std::string_view, N>& list, std::string_view entry) {
  return std::find(list.begin(), list.end(), entry) != list.end();
}

std::string password(Random& random) { return generate(pick(random, kPasswordShapes), random); }

std::string phrase(Random& random) {
  std::string text(pick(random, kPhraseWords));
  for (int i = 1; i < 12; ++i) text.append(" ").append(pick(random, kPhraseWords));
  return text;
}

std::string jwt(Random& random) {
  const std::string claims = R"({"iss":"https://id.example.com","sub":")" +
                             generate("[0-9]{10}", random) + R"(","iat":1763979072})";
  return encode("b64url", R"({"alg":"RS256","typ":"JWT"})") + "." + encode("b64url", claims) + "." +
         generate("[base64url]{86}", random);
}

std::string jwe(Random& random) {
  return encode("b64url", R"({"alg":"RSA-OAEP","enc":"A256GCM"})") + "." +
         generate("[base64url]{342}.[base64url]{16}.[base64url]{90}.[base64url]{22}", random);
}

std::string value_of_rule(const NameRule& rule, Random& random) {
  std::string_view shape = look_up(kShapesByClass, rule.class_name);
  if (shape.empty()) shape = look_up(kShortNumbers, rule.class_name);
  if (!shape.empty()) return generate(shape, random);
  if (rule.value) return rule.value->generate(random);
  return rule.class_name == "recovery-phrase" ? phrase(random) : password(random);
}

std::string personal_of(const std::string& class_name, const std::string& name, Random& random) {
  const std::string by_name = personal_value(name, random);
  return by_name.empty() ? personal_value(class_name, random) : by_name;
}

// A name rule's name as an application would have it.
std::string with_beginning(std::string name, Random& random) {
  if (name.starts_with("*_")) return std::string(pick(random, kBeginnings)) + name.substr(1);
  return name;
}

CorpusValue named_value(const NameRule& rule, const std::string& listed, Random& random) {
  const std::string name = with_beginning(listed, random);
  CorpusValue value{rule.class_name, words_of(name), {}, Evidence::kName};
  value.value = personal_of(rule.class_name, name, random);
  value.is_personal = !value.value.empty();
  if (value.value.empty()) value.value = value_of_rule(rule, random);
  value.is_optional = holds(kOptionalClasses, rule.class_name);
  if (value.is_personal || !look_up(kShortNumbers, rule.class_name).empty()) {
    value.evidence = Evidence::kField;
  }
  return value;
}

// A value of a rule's shape; narrower where the shape allows what no program writes.
std::string value_of_shape(const ShapeRule& rule, Random& random) {
  constexpr std::string_view kBcrypt = "$2[aby]{1}$1[0-2]{1}$[alnum./]{53}";
  if (rule.class_name == "bcrypt-hash") return generate(kBcrypt, random);
  return rule.shape.generate(random);
}

}  // namespace

std::vector<CorpusValue> shape_values(const RuleSet& rules, Random& random) {
  std::vector<CorpusValue> values;
  for (const ShapeRule& rule : rules.shapes()) {
    values.push_back({rule.class_name, words_of(pick(random, kInnocentNames)),
                      value_of_shape(rule, random), Evidence::kItself});
  }
  return values;
}

std::vector<CorpusValue> named_values(const RuleSet& rules, Random& random) {
  std::vector<CorpusValue> values;
  for (const NameRule& rule : rules.names()) {
    for (const std::string& name : rule.names) values.push_back(named_value(rule, name, random));
  }
  return values;
}

std::vector<CorpusValue> unlisted_values(Random& random) {
  std::vector<CorpusValue> values;
  for (const std::string_view name : kUnlistedNames) {
    values.push_back({"unlisted-name", words_of(name), password(random), Evidence::kName});
  }
  return values;
}

std::string credential_value(std::string_view shape, Random& random) {
  if (shape.empty()) return password(random);
  if (shape == "jwt") return jwt(random);
  if (shape == "jwe") return jwe(random);
  return shape == "mnemonic" ? phrase(random) : generate(shape, random);
}

std::string private_key_body(Random& random) {
  std::string body = "MII" + generate("[base64]{61}", random);
  for (int i = 0; i < 6; ++i) body += "\n" + generate("[base64]{64}", random);
  return body + "\n" + generate("[base64]{46}==", random);
}

}  // namespace scopetrace::testing
