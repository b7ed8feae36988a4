// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/level_caps.h"

#include <gtest/gtest.h>

namespace scopetrace {
namespace {

TEST(LevelCapsTest, KeepsTheApprovedLevelWithoutFlags) {
  const LevelCaps caps(Level::kHeaders);

  EXPECT_EQ(caps.of_host("api.example"), Level::kHeaders);
  EXPECT_EQ(caps.of_unknown(), Level::kHeaders);
}

TEST(LevelCapsTest, NeverRaisesAboveTheApproval) {
  LevelCaps caps(Level::kHeaders);

  caps.set("", Level::kRedacted);
  caps.set("api.example", Level::kShape);

  EXPECT_EQ(caps.of_host("api.example"), Level::kHeaders);
}

TEST(LevelCapsTest, TakesTheLowestOfAllThatMatch) {
  LevelCaps caps(Level::kRedacted);

  caps.set("*.corp.example", Level::kHeaders);
  caps.set("pay.corp.example", Level::kShape);
  caps.set("", Level::kShape);

  EXPECT_EQ(caps.of_host("pay.corp.example"), Level::kHeaders);
  EXPECT_EQ(caps.of_host("corp.example"), Level::kShape);  // the pattern wants a label in front
}

TEST(LevelCapsTest, TurnsOneThirdPartyOffAndTheUnknownWithIt) {
  LevelCaps caps(Level::kRedacted);

  caps.set("api.example", std::nullopt);

  EXPECT_EQ(caps.of_host("api.example"), std::nullopt);
  EXPECT_EQ(caps.of_host("other.example"), Level::kRedacted);
  EXPECT_EQ(caps.of_unknown(), std::nullopt);
  EXPECT_EQ(caps.of_everybody(), Level::kRedacted);
}

TEST(LevelCapsTest, ForgetsACapThatIsTakenAway) {
  LevelCaps caps(Level::kShape);
  caps.set("api.example", std::nullopt);

  caps.set("api.example", Level::kRedacted);

  EXPECT_EQ(caps.of_host("api.example"), Level::kShape);
  EXPECT_EQ(caps.of_unknown(), Level::kShape);
}

}  // namespace
}  // namespace scopetrace
