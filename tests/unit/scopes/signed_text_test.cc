// SPDX-License-Identifier: Apache-2.0
#include "scopes/signed_text.h"

#include <gtest/gtest.h>

#include "scopes/sshsig.h"
#include "userspace/base/bytes.h"

namespace scopetrace {
namespace {

constexpr KeyRule kKeys[] = {{"id"},
                             {"count", ValueType::kDecimal},
                             {"digest", ValueType::kDigestOrNone},
                             {"tag", ValueType::kText, 0, 2},
                             {"at", ValueType::kSeconds},
                             {"exactly", ValueType::kNanoseconds}};
constexpr SignedTextSchema kSchema = {"example", kKeys};
constexpr std::string_view kBody =
    "scopetrace-example v1\nid: a b\ncount: 7\ndigest: none\ntag: x\ntag: y\n"
    "at: 2026-11-23T20:00:00Z\nexactly: 2026-11-23T20:00:00.000000001Z\n";

std::string block() {
  return make_sshsig(SigningKey::generate(), "example@scopetrace", as_bytes(kBody));
}

TEST(SignedTextTest, KeepsFieldsBodyAndBlocks) {
  const std::vector<std::string> blocks = {block(), block()};

  const auto text = parse_signed_text(format_signed_text(kBody, blocks), kSchema);

  ASSERT_TRUE(text) << text.error().message();
  EXPECT_EQ(text->body, kBody);
  EXPECT_EQ(text->blocks, blocks);
  EXPECT_EQ(text->value("id"), "a b");
  EXPECT_EQ(text->values("tag"), (std::vector<std::string_view>{"x", "y"}));
}

TEST(SignedTextTest, BuildsTheBodyItParsed) {
  const auto parsed = parse_signed_body(kBody, kSchema);
  ASSERT_TRUE(parsed);

  const auto built = build_signed_body(kSchema, parsed->fields);

  ASSERT_TRUE(built);
  EXPECT_EQ(*built, kBody);
}

TEST(SignedTextTest, RefusesTruncationAtEveryByte) {
  const std::string text = format_signed_text(kBody, std::vector{block()});

  std::size_t accepted = 0;
  for (std::size_t size = 0; size < text.size(); ++size) {
    if (parse_signed_text(std::string_view(text).substr(0, size), kSchema)) ++accepted;
  }

  EXPECT_EQ(accepted, 0U);
}

struct Edit {
  const char* name;
  std::string_view from;
  std::string_view to;
};
class BodyRuleTest : public testing::TestWithParam<Edit> {};

TEST_P(BodyRuleTest, IsEnforced) {
  std::string body(kBody);
  const auto at = body.find(GetParam().from);
  ASSERT_NE(at, std::string::npos);
  body.replace(at, GetParam().from.size(), GetParam().to);

  const auto parsed = parse_signed_body(body, kSchema);

  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code(), ErrorCode::kCorrupt);
}

INSTANTIATE_TEST_SUITE_P(
    Faults, BodyRuleTest,
    testing::Values(Edit{"OtherKind", "example", "exampla"}, Edit{"OtherVersion", " v1", " v2"},
                    Edit{"CarriageReturn", "a b\n", "a b\r\n"}, Edit{"Tab", "a b", "a\tb"},
                    Edit{"NotAscii", "a b", "a\xc3\xa9"}, Edit{"TrailingBlank", "a b\n", "a b \n"},
                    Edit{"TwoBlanks", ": a b", ":  a b"}, Edit{"EmptyValue", "a b", ""},
                    Edit{"NoColon", "id: ", "id "}, Edit{"UnknownKey", "tag: x", "tug: x"},
                    Edit{"KeyTwice", "id: a b\n", "id: a\nid: b\n"},
                    Edit{"TooManyRepeats", "tag: x\n", "tag: x\ntag: z\n"},
                    Edit{"RepeatsApart", "tag: y\nat: 2026-11-23T20:00:00Z\n",
                         "at: 2026-11-23T20:00:00Z\ntag: y\n"},
                    Edit{"MissingKey", "count: 7\n", ""}, Edit{"LeadingZero", ": 7", ": 07"},
                    Edit{"BadDigest", "none", "sha256:00"},
                    Edit{"LocalTime", "20:00:00Z\n", "20:00:00\n"},
                    Edit{"ShortNanoseconds", "000000001Z", "00000001Z"},
                    Edit{"NoFinalLf", "000000001Z\n", "000000001Z"}),
    [](const auto& test) { return test.param.name; });

struct TailCase {
  const char* name;
  std::string (*make)(const std::string& block);
};
class BlockRuleTest : public testing::TestWithParam<TailCase> {};

TEST_P(BlockRuleTest, IsEnforced) {
  const std::string text = std::string(kBody) + GetParam().make(block());

  EXPECT_FALSE(parse_signed_text(text, kSchema));
}

std::string repeat(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

INSTANTIATE_TEST_SUITE_P(
    Faults, BlockRuleTest,
    testing::Values(
        TailCase{"NoBlock", [](const std::string&) { return std::string("\n"); }},
        TailCase{"NoEmptyLine", [](const std::string& b) { return b; }},
        TailCase{"TwoEmptyLines", [](const std::string& b) { return "\n\n" + b; }},
        TailCase{"TextAfter", [](const std::string& b) { return "\n" + b + "more\n"; }},
        TailCase{"EmptyLineAfter", [](const std::string& b) { return "\n" + b + "\n"; }},
        TailCase{"EmptyLineBetween", [](const std::string& b) { return "\n" + b + "\n" + b; }},
        TailCase{"Seventeen", [](const std::string& b) { return "\n" + repeat(b, 17); }}),
    [](const auto& test) { return test.param.name; });

TEST(SignedTextTest, ReadsTheKind) {
  EXPECT_EQ(read_signed_kind("scopetrace-audit v1\nx").value(), "audit");
  EXPECT_FALSE(read_signed_kind("scopetrace- v1\n"));
  EXPECT_FALSE(read_signed_kind("scopetrace-au/dit v1\n"));
}

TEST(SignedTextTest, NamesTheFieldThatCannotBeBuilt) {
  const std::vector<SignedField> fields = {{"id", "caf\xc3\xa9"}};

  const auto built = build_signed_body(kSchema, fields);

  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().message(), "id: is not printable ASCII");
}

}  // namespace
}  // namespace scopetrace
