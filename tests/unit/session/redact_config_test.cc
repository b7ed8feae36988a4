// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/redact_config.h"

#include <gtest/gtest.h>

namespace scopetrace {
namespace {

RedactConfig any_config() {
  RedactConfig config;
  config.leaf_salt = sha256(as_bytes("salt"));
  config.clocks = {123456789, 1'700'000'000'000'000'000};
  config.level = "headers";
  config.redaction = "standard+pci";
  config.third_parties = {"api.example.com", "*.example.org"};
  config.requests = {"x-request-id=r1"};
  config.families = {"tls", "sockets"};
  config.inbound = true;
  config.first_line = 5;
  return config;
}

TEST(RedactConfigTest, SurvivesTheRoundTrip) {
  const RedactConfig config = any_config();

  const auto parsed = parse_redact_config(format_redact_config(config));

  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->leaf_salt, config.leaf_salt);
  EXPECT_EQ(parsed->clocks.realtime_ns, config.clocks.realtime_ns);
  EXPECT_EQ(parsed->clocks.boottime_ns, config.clocks.boottime_ns);
  EXPECT_EQ(parsed->level, config.level);
  EXPECT_EQ(parsed->redaction, config.redaction);
  EXPECT_EQ(parsed->third_parties, config.third_parties);
  EXPECT_EQ(parsed->requests, config.requests);
  EXPECT_EQ(parsed->families, config.families);
  EXPECT_TRUE(parsed->inbound);
  EXPECT_EQ(parsed->first_line, 5u);
}

TEST(RedactConfigTest, RefusesEveryTruncation) {
  const std::string text = format_redact_config(any_config());

  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(parse_redact_config(text.substr(0, size))) << size;
  }
}

TEST(RedactConfigTest, RefusesUnknownLevel) {
  RedactConfig config = any_config();
  config.level = "everything";

  EXPECT_FALSE(parse_redact_config(format_redact_config(config)));
}

TEST(RedactConfigTest, RefusesMissingField) {
  EXPECT_FALSE(parse_redact_config(R"({"level": "headers"})"));
}

}  // namespace
}  // namespace scopetrace
