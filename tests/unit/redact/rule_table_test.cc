// SPDX-License-Identifier: Apache-2.0
// Each row of the rule table, in texts that say nothing of it but where its value stands.
#include <random>

#include "tests/unit/redact/fixture.h"
#include "tests/unit/redact/rule_rows.h"

namespace scopetrace {
namespace {

// A text around a value; @ is the name, # the value.
struct Context {
  std::string_view label;
  std::string_view text;
};
constexpr Context kNamedContexts[] = {
    {"json", R"({"id": 7, "@": "#", "state_of": "open"})"},
    {"json in a log", R"(12:00:01 INFO sent {"@":"#","attempt":2} to peer)"},
    {"environment", "LANG=en_US\n@=#\nHOME=/srv/app\n"},
    {"header", "GET /items HTTP/1.1\r\nHost: shop.example\r\n@: #\r\nAccept: */*\r\n"},
    {"yaml", "server:\n  port: 8080\n  @: \"#\"\n  debug: no\n"},
};
constexpr Context kBareContexts[] = {
    {"prose", "yesterday the client sent # to us before lunch"},
    {"quoted", "value='#' was refused with status 403"},
    {"list", R"(["first", "#", "third"])"},
    {"path", "GET /download/#?part=2 HTTP/1.1"},
};

std::string fill_in(std::string_view text, std::string_view name, std::string_view value) {
  std::string filled;
  for (const char c : text) {
    if (c == '@') {
      filled += name;
    } else if (c == '#') {
      filled += value;
    } else {
      filled += c;
    }
  }
  return filled;
}

std::vector<std::string> split_names(std::string_view joined) {
  std::vector<std::string> names;
  while (!joined.empty()) {
    const auto comma = std::min(joined.find(", "), joined.size());
    names.emplace_back(joined.substr(0, comma));
    joined.remove_prefix(std::min(comma + 2, joined.size()));
  }
  return names;
}

std::string make_value(const RuleRow& row, std::uint64_t seed) {
  std::mt19937_64 random(row.number * 1000 + seed);
  return Shape::parse(row.shape)->generate(random);
}

// The value is gone to its second half, what stands around it is not.
void expect_gone(Scanner& s, const Context& context, std::string_view name,
                 const std::string& value) {
  const std::string redacted = s.scanner.redact(fill_in(context.text, name, value));
  const auto at = context.text.find('#');
  const std::string before(context.text.substr(0, std::min(at, context.text.find('@'))));

  EXPECT_FALSE(contains(redacted, value.substr(value.size() / 2)))
      << context.label << ", " << name << ": " << redacted;
  EXPECT_TRUE(redacted.starts_with(before)) << context.label << ": " << redacted;
  EXPECT_TRUE(redacted.ends_with(context.text.substr(at + 1))) << context.label << ": " << redacted;
}

std::string label_of(const testing::TestParamInfo<RuleRow>& row) {
  std::string label = std::to_string(row.param.number) + "_" + std::string(row.param.label);
  std::replace(label.begin(), label.end(), '-', '_');
  return label;
}

class TellingRowTest : public testing::TestWithParam<RuleRow> {};

TEST_P(TellingRowTest, IsRedactedWithoutItsName) {
  Scanner s;
  for (const Context& context : kBareContexts) {
    expect_gone(s, context, "", make_value(GetParam(), 1));
    expect_gone(s, context, "", make_value(GetParam(), 2));
  }
}

TEST_P(TellingRowTest, IsRedactedUnderItsNames) {
  Scanner s;
  for (const std::string& name : split_names(GetParam().names)) {
    for (const Context& context : kNamedContexts) {
      expect_gone(s, context, name, make_value(GetParam(), 3));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(RuleTable, TellingRowTest, testing::ValuesIn(kTellingRows), label_of);

class NamedRowTest : public testing::TestWithParam<RuleRow> {};

TEST_P(NamedRowTest, IsRedactedUnderItsNames) {
  Scanner s;
  for (const std::string& name : split_names(GetParam().names)) {
    for (const Context& context : kNamedContexts) {
      expect_gone(s, context, name, make_value(GetParam(), 3));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(RuleTable, NamedRowTest, testing::ValuesIn(kNamedRows), label_of);

TEST(RuleTableTest, KeepsRandomValuesWithoutAName) {
  Scanner s;
  const std::string uuid = "[hex]{8}-[hex]{4}-[hex]{4}-[hex]{4}-[hex]{12}";
  for (const std::string& shape : {std::string("[0-9a-f]{32}"), std::string("[0-9a-f]{40}"),
                                   std::string("[0-9a-f]{64}"), uuid}) {
    std::mt19937_64 random(5);
    const std::string value = Shape::parse(shape)->generate(random);
    for (const Context& context : kBareContexts) {
      const std::string text = fill_in(context.text, "", value);
      EXPECT_EQ(s.scanner.redact(text), text) << context.label;
    }
  }
}

// Rows 162 to 164: three and five segments of base64url, the first a header.
TEST(RuleTableTest, RedactsJoseObjects) {
  Scanner s;
  const auto url = [](std::string_view text) {
    std::string coded = to_base64(as_bytes(text));
    return coded.substr(0, coded.find('='));
  };
  std::mt19937_64 random(9);
  const auto opaque = [&](unsigned size) {
    return Shape::parse("[base64url]{" + std::to_string(size) + "}")->generate(random);
  };
  const std::string claims = url(R"({"sub":"1234567890","name":"Jo Doe","iat":1700000000})");
  const std::string jwt = url(R"({"alg":"HS256","typ":"JWT"})") + "." + claims + "." + opaque(43);
  const std::string rs256 = url(R"({"alg":"RS256","kid":"a1"})") + "." + claims + "." + opaque(342);
  const std::string jwe = url(R"({"alg":"dir","enc":"A256GCM"})") + ".." + opaque(16) + "." +
                          opaque(120) + "." + opaque(22);
  for (const std::string& value : {jwt, rs256, jwe}) {
    for (const Context& context : kBareContexts) expect_gone(s, context, "", value);
  }
}

}  // namespace
}  // namespace scopetrace
