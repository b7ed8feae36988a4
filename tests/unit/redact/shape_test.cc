// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/rules/shape.h"

#include <gtest/gtest.h>

#include <random>

namespace scopetrace {
namespace {

TEST(ShapeTest, MatchesAroundItsLiteral) {
  const Shape shape = *Shape::parse("[digit]{3}:ab[hex]{4}");
  const std::string text = "x 123:abff00 y";

  const auto match = shape.match_around(text, text.find(shape.literal()));

  EXPECT_EQ(match, (TextRange{2, 12}));
}

TEST(ShapeTest, RefusesLongerTokenWhenLengthIsFixed) {
  const Shape shape = *Shape::parse("ab_[hex]{4}");
  EXPECT_FALSE(shape.match_around("ab_ffff0", 0));
  EXPECT_FALSE(shape.match_around("xab_ffff", 1));
  EXPECT_TRUE(shape.match_around("%3Dab_ffff", 3));
}

TEST(ShapeTest, TakesTheWholeRunWhenLengthIsOpen) {
  const Shape shape = *Shape::parse("ab_[hex]{4,}");
  EXPECT_EQ(shape.match_around("ab_ffffffff;", 0), (TextRange{0, 11}));
}

TEST(ShapeTest, LooksOnceAtTheCharactersOfAnOpenRun) {
  const Shape shape = *Shape::parse("ab-[base64url]{4,}");
  const std::string text = "ab-ab-ab-ab- ab-cdef";
  Shape::Stretches stretches;

  EXPECT_EQ(shape.match_around(text, 0, stretches), (TextRange{0, 12}));
  EXPECT_EQ(stretches.back(), (TextRange{3, 12}));
  EXPECT_EQ(shape.match_around(text, 3, stretches), (TextRange{3, 12}));
  EXPECT_EQ(stretches.back(), (TextRange{3, 12})) << "looked again";
  EXPECT_FALSE(shape.match_around(text, 9, stretches));
  EXPECT_EQ(shape.match_around(text, 13, stretches), (TextRange{13, 20}));
}

TEST(ShapeTest, BoundsAnOpenRunFromEachLiteral) {
  const Shape shape = *Shape::parse("ab-[base64url]{4,}");
  const std::string text = "ab-ab-" + std::string(2 * Shape::kShapeMaxRun, 'x');
  Shape::Stretches stretches;

  EXPECT_EQ(shape.match_around(text, 0, stretches), (TextRange{0, 3 + Shape::kShapeMaxRun}));
  EXPECT_EQ(shape.match_around(text, 3, stretches), (TextRange{3, 6 + Shape::kShapeMaxRun}));
}

TEST(ShapeTest, LooksOnceAtAnOpenRunInTheMiddle) {
  const Shape shape = *Shape::parse("ab-[base64url]{4,}.[digit]{2}");
  const std::string text = "ab-ab-wxyz.12";
  Shape::Stretches stretches;

  EXPECT_EQ(shape.match_around(text, 0, stretches), (TextRange{0, 13}));
  EXPECT_EQ(shape.match_around(text, 3, stretches), (TextRange{3, 13}));
  EXPECT_EQ(stretches[3], (TextRange{3, 10})) << "looked again";
}

TEST(ShapeTest, GeneratesTextsOfItsOwnShape) {
  std::mt19937_64 random(3);
  const Shape shape = *Shape::parse("[letter]{2,5}-[digit]{3}.x");
  EXPECT_TRUE(shape.matches_whole(shape.generate(random)));
}

TEST(ShapeTest, TakesEscapedBracesAsCharacters) {
  const Shape shape = *Shape::parse("\\{ab\\}[hex]{4}\\\\");
  EXPECT_EQ(shape.literal(), "{ab}");
  EXPECT_TRUE(shape.matches_whole("{ab}00ff\\"));
}

TEST(ShapeTest, TakesCharactersBesideANamedSet) {
  const Shape shape = *Shape::parse("ab[alnum_.-]{4}[abx-z]{2}");
  EXPECT_TRUE(shape.matches_whole("aba_.-by"));
  EXPECT_FALSE(shape.matches_whole("aba_.-bc"));
}

struct BadShape {
  const char* name;
  const char* text;
};
class BadShapeTest : public ::testing::TestWithParam<BadShape> {};

TEST_P(BadShapeTest, IsRefused) {
  const auto shape = Shape::parse(GetParam().text);
  ASSERT_FALSE(shape);
  EXPECT_EQ(shape.error().code(), ErrorCode::kCorrupt);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, BadShapeTest,
    ::testing::Values(BadShape{"OpenSet", "ab[digit"}, BadShape{"NoCount", "ab[digit]"},
                      BadShape{"EmptySet", "ab[]{2}"}, BadShape{"Reversed", "ab[digit]{5,2}"},
                      BadShape{"TooLong", "ab[digit]{99999}"},
                      BadShape{"Ambiguous", "ab[digit]{1,4}[hex]{2}"},
                      BadShape{"AmbiguousBehindEmptyRun", "ab[digit]{1,4}[.]{0,1}[hex]{2}"},
                      BadShape{"UnknownSetName", "ab[upper]{2}"},
                      BadShape{"SetNameWithTail", "ab[digits]{2}"},
                      BadShape{"BackwardRange", "ab[z-a]{2}"}, BadShape{"LoneBrace", "ab}"},
                      BadShape{"TrailingBackslash", "ab\\"}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace scopetrace
