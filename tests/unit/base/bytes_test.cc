// SPDX-License-Identifier: Apache-2.0
#include "userspace/base/bytes.h"

#include <gtest/gtest.h>

namespace scopetrace {
namespace {

std::string decoded(std::string_view base64) {
  const auto bytes = from_base64(base64);
  return bytes ? std::string(as_text(*bytes)) : "refused";
}

struct Base64Case {
  const char* name;
  const char* text;
  const char* expected;
};

class Base64Test : public testing::TestWithParam<Base64Case> {};

TEST_P(Base64Test, DecodesOnlyTheCanonicalForm) {
  EXPECT_EQ(decoded(GetParam().text), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(Forms, Base64Test,
                         testing::Values(Base64Case{"Empty", "", ""},
                                         Base64Case{"NoPadding", "Zm9v", "foo"},
                                         Base64Case{"OnePad", "Zm8=", "fo"},
                                         Base64Case{"TwoPads", "Zg==", "f"},
                                         Base64Case{"MissingPadding", "Zg", "refused"},
                                         Base64Case{"TrailingBits", "Zh==", "refused"},
                                         Base64Case{"WhiteSpace", "Zm9v\n", "refused"},
                                         Base64Case{"PaddingInside", "Zg==Zg==", "refused"},
                                         Base64Case{"PaddingInQuad", "Z=g=", "refused"},
                                         Base64Case{"OnlyPadding", "====", "refused"},
                                         Base64Case{"UrlAlphabet", "-_-_", "refused"}),
                         [](const auto& row) { return row.param.name; });

TEST(BytesTest, Base64RoundTripsEveryLength) {
  std::string text;
  for (int size = 0; size < 70; ++size, text += static_cast<char>(size * 37)) {
    EXPECT_EQ(decoded(to_base64(as_bytes(text))), text);
  }
}

TEST(BytesTest, HexRefusesUpperCaseAndOddLengths) {
  EXPECT_EQ(to_hex(as_bytes("\x01\xfe")), "01fe");
  EXPECT_EQ(as_text(*from_hex("01fe")), "\x01\xfe");
  EXPECT_FALSE(from_hex("01FE"));
  EXPECT_FALSE(from_hex("01f"));
}

TEST(BytesTest, DecimalRefusesWhatSignedTextRefuses) {
  EXPECT_EQ(parse_decimal("0"), 0U);
  EXPECT_EQ(parse_decimal("18446744073709551615"), UINT64_MAX);
  for (const char* bad : {"", "01", "-1", "+1", " 1", "1 ", "1x", "18446744073709551616"}) {
    EXPECT_FALSE(parse_decimal(bad)) << bad;
  }
}

TEST(ByteReaderTest, NeverReadsPastTheEnd) {
  ByteReader reader(as_bytes(std::string_view("\0\0\0\2ab\0\0\0\5x", 11)));

  EXPECT_EQ(as_text(*reader.take_string()), "ab");
  EXPECT_FALSE(reader.take_string());   // claims 5 bytes, has 1
  EXPECT_EQ(reader.rest().size(), 5U);  // and a refused string is not consumed
  EXPECT_FALSE(reader.read<std::uint64_t>());
  EXPECT_FALSE(reader.take(6));
  EXPECT_TRUE(reader.take(5));
  EXPECT_TRUE(reader.empty());
}

TEST(BytesTest, WipeOverwritesTheWholeString) {
  std::string secret = "secret";
  wipe(secret);
  EXPECT_EQ(secret, std::string(6, '\0'));
}

}  // namespace
}  // namespace scopetrace
