// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/text/text_scanner.h"

#include <random>

#include "tests/unit/redact/fixture.h"
#include "userspace/redact/detect/placeholder.h"
#include "userspace/redact/leak_guard.h"
#include "userspace/redact/scan/encodings.h"

namespace scopetrace {
namespace {

std::string github_token(std::uint64_t seed = 4) {
  std::mt19937_64 random(seed);
  return Shape::parse(
             "gh"
             "p_[alnum]{36}")
      ->generate(random);
}

struct ContainerCase {
  const char* label;
  const char* before;
  const char* after;
};
class NamedValueTest : public testing::TestWithParam<ContainerCase> {};

TEST_P(NamedValueTest, RedactsOnlyTheValue) {
  const std::string secret = make_secret(20);
  const ContainerCase& c = GetParam();
  Scanner s;

  const std::string redacted = s.scanner.redact(c.before + secret + c.after);

  EXPECT_FALSE(contains(redacted, secret)) << redacted;
  EXPECT_TRUE(redacted.starts_with(c.before)) << redacted;
  EXPECT_TRUE(redacted.ends_with(c.after)) << redacted;
}

INSTANTIATE_TEST_SUITE_P(
    Containers, NamedValueTest,
    testing::Values(ContainerCase{"Log", "level=info password=", " status=200"},
                    ContainerCase{"Json", "{\"password\": \"", "\", \"a\": 1}"},
                    ContainerCase{"EscapedJson", "{\"m\":\"{\\\"password\\\":\\\"", "\\\"}\"}"},
                    ContainerCase{"Yaml", "a: b\npassword: ", "\nc: d"},
                    ContainerCase{"Xml", "<a><password type=\"x\">", "</password></a>"},
                    ContainerCase{"Form", "a=b&client_secret=", "&c=d"},
                    ContainerCase{"Php", "define('AUTH_KEY', '", "');"},
                    ContainerCase{"Arrow", "'api_key' => '", "', 'x' => 1"},
                    ContainerCase{"Option", "run --password ", " --port 1"},
                    ContainerCase{"Attribute", "<add key=\"Password\" value=\"", "\" />"},
                    ContainerCase{"Url", "redis://user:", "@cache:6379/0"},
                    ContainerCase{"Ftp", "PASS ", "\r\nCWD /"},
                    ContainerCase{"Resp", "*2\r\n$4\r\nAUTH\r\n$20\r\n", "\r\n"}),
    [](const auto& test) { return test.param.label; });

TEST(PlaceholderTest, IsAClassWithOrWithoutATag) {
  const std::string tag(16, 'a');
  const std::string texts[] = {"[REDACTED:pin]", "[REDACTED:pin-2:" + tag + "]"};
  for (const std::string& text : texts) {
    EXPECT_EQ(placeholder_end(text + "x]", 0), text.size()) << text;
    EXPECT_TRUE(is_placeholder(text)) << text;
    EXPECT_FALSE(is_placeholder(text + "x")) << text;
  }
  EXPECT_TRUE(is_placeholder("[REDACTED]"));
}

TEST(PlaceholderTest, IsNothingElse) {
  const std::string tag(16, 'a');
  const std::string texts[] = {"[REDACTED:pin " + tag + "]",
                               "[REDACTED:Pin]",
                               "[REDACTED:pin:" + tag.substr(1) + "]",
                               "[REDACTED:pin:" + tag + "a]",
                               "[REDACTED:pin:" + tag.substr(1) + "g]",
                               "[REDACTED:pin:" + tag,
                               "[REDACTED:" + std::string(49, 'a') + "]",
                               "[REDACTED:",
                               "[REDACTED x]"};
  for (const std::string& text : texts) {
    EXPECT_FALSE(is_placeholder(text)) << text;
    EXPECT_FALSE(text.starts_with(kPlaceholderMark) && placeholder_end(text, 0)) << text;
  }
}

TEST(PlaceholderTest, WhatOnlyBeginsLikeOneHidesNothing) {
  const std::string token = github_token();
  Scanner s;
  for (const std::string& text : {"[REDACTED:" + token + "]", "[REDACTED: " + token + " ]",
                                  "[REDACTED:pin:" + token + "]", "[REDACTED:pin] " + token}) {
    EXPECT_FALSE(contains(s.scanner.redact(text), token)) << text;
  }
}

TEST(TextScannerTest, LeavesOrdinaryTextAlone) {
  Scanner s;
  for (const char* text :
       {"user changed password, audit=123", "tokens_per_second=474.5", "token: null",
        "git clone git@github.com:acme/x.git", "2026-03-19T03:25:06.044Z tick",
        "Cookie: consent=accepted; banner=off", "seq 149-9734-1"}) {
    EXPECT_EQ(s.scanner.redact(text), text);
  }
}

TEST(TextScannerTest, EqualValuesGetEqualTagsOfOneKeyOnly) {
  const std::string token = github_token();
  Scanner s;
  TextScanner other(*s.detectors, ByteVector(32, std::byte{9}));

  const std::string first = s.scanner.redact(token);

  EXPECT_EQ(first, s.scanner.redact(token));
  EXPECT_NE(first, other.redact(token));
  EXPECT_EQ(first.size(), std::string("[REDACTED:github-pat:]").size() + 16);
}

TEST(TextScannerTest, RedactingTwiceIsRedactingOnce) {
  Scanner s;
  const std::string once = s.scanner.redact("password=" + make_secret(18) + " t=" + github_token() +
                                            " ssn 123-45-6789 mail jo@mail.example.com");
  EXPECT_EQ(s.scanner.redact(once), once);
}

TEST(TextScannerTest, LooksInsideEncodings) {
  const std::string token = github_token();
  const std::string base64 = to_base64(as_bytes("export TOKEN=" + token));
  Scanner s;

  EXPECT_FALSE(contains(s.scanner.redact("data: " + base64), base64));
  EXPECT_FALSE(
      contains(s.scanner.redact("d=" + encode_percent("{\"k\":\"" + token + "\"}")), token));
}

TEST(TextScannerTest, FindsLearnedValuesInOtherForms) {
  const std::string secret = "zq!" + make_secret(17, 9);
  Scanner s;
  s.scanner.redact("password='" + secret + "'");
  s.scanner.learn_pending();

  EXPECT_EQ(s.scanner.redact("echo " + secret), "echo [REDACTED:learned]");
  EXPECT_FALSE(contains(s.scanner.redact(encode_percent(secret)), encode_percent(secret)));
  const std::string hex = to_hex(as_bytes(secret));
  EXPECT_FALSE(contains(s.scanner.redact("h " + hex), hex));
}

TEST(TextScannerTest, DoesNotLearnShortOrCommonValues) {
  Scanner s;
  EXPECT_FALSE(s.scanner.learn("a1b2c3d"));
  EXPECT_FALSE(s.scanner.learn("production"));
  EXPECT_FALSE(s.scanner.learn("00000000"));
}

TEST(TextScannerTest, WithholdsPrivateKeysButKeepsPublicOnes) {
  const std::string body = make_secret(64);
  const auto pem = [&](const std::string& label) {
    return "-----BEGIN " + label + "-----\n" + body + "\n-----END " + label + "-----\n";
  };
  Scanner s;
  EXPECT_FALSE(contains(s.scanner.redact(pem("RSA PRIVATE KEY")), body));
  EXPECT_TRUE(contains(s.scanner.redact(pem("PUBLIC KEY")), body));
  EXPECT_FALSE(contains(s.scanner.redact("-----BEGIN PRIVATE KEY-----\n" + body), body));
}

TEST(TextScannerTest, RedactsJsonWebTokensWhole) {
  const auto part = [](std::string_view text) {
    std::string base64 = to_base64(as_bytes(text));
    while (base64.ends_with('=')) base64.pop_back();
    return base64;
  };
  const std::string jwt =
      part("{\"alg\":\"HS256\"}") + "." + part("{\"sub\":\"jo\"}") + "." + make_secret(43);
  Scanner s;
  EXPECT_TRUE(s.scanner.redact("got " + jwt + " ok").starts_with("got [REDACTED:jwt:"));
}

TEST(LeakGuardTest, FiresOnShapesAndLearnedValuesOnly) {
  const std::string token = github_token();
  const std::string secret = make_secret(20, 3);
  Scanner s;
  LeakGuard guard(s.scanner);
  s.scanner.learn(secret);

  EXPECT_FALSE(guard.is_clean("{\"type\":\"http\",\"x\":\"" + token + "\"}"));
  EXPECT_FALSE(guard.is_clean("{\"type\":\"http\",\"x\":\"" + secret + "\"}"));
  EXPECT_TRUE(guard.is_clean("{\"type\":\"http\",\"x\":\"" + s.scanner.redact(token) + "\"}"));
  EXPECT_TRUE(guard.is_clean(
      R"({"type":"http","n":12,"time":"2026-11-23T10:11:12.123456789Z","tgid":4211,"conn":"7"})"));
  EXPECT_EQ(guard.hits(), 2U);
}

}  // namespace
}  // namespace scopetrace
