// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/retention/retention_rule.h"

#include <gtest/gtest.h>

namespace scopetrace {
namespace {

constexpr std::uint64_t kDay = 24 * 3600;
constexpr std::uint64_t kNow = 20'000 * kDay;

StoredPart part(const std::string& file_name, std::uint64_t age_days, std::int64_t bytes = 1'000) {
  StoredPart made;
  made.file_name = file_name;
  made.facts.st_mtim.tv_sec = static_cast<std::int64_t>(kNow - age_days * kDay);
  made.facts.st_size = bytes;
  made.facts.st_blocks = bytes;  // more than enough
  return made;
}

StoredBundle bundle(const std::string& name, std::uint64_t age_days, std::int64_t bytes = 1'000) {
  return {.name = name, .parts = {part(name + ".jsonl.zst", age_days, bytes)}};
}

// Names of what is to go, in the order of the list.
std::string doomed(const std::vector<StoredBundle>& bundles, const PolicyRetention& policy) {
  std::string names;
  for (const RetentionChoice& choice : judge_retention(bundles, policy, kNow)) {
    if (choice.is_doomed) names += choice.bundle->name;
  }
  return names;
}

TEST(RetentionRuleTest, KeepsAllWithoutAPolicy) {
  EXPECT_EQ(doomed({bundle("a", 10'000, 1'000'000'000)}, {}), "");
}

TEST(RetentionRuleTest, DeletesWhatIsOlderThanTheDays) {
  EXPECT_EQ(doomed({bundle("a", 31), bundle("b", 30), bundle("c", 0)}, {.days = 30}), "a");
}

TEST(RetentionRuleTest, KeepsWhatIsFromTheFuture) {
  StoredBundle late = bundle("a", 0);
  late.parts[0].facts.st_mtim.tv_sec += 1'000'000'000;
  EXPECT_EQ(doomed({late}, {.days = 1}), "");
}

TEST(RetentionRuleTest, JudgesPartsByTheLastOfThem) {
  StoredBundle rotated = bundle("a", 40);
  rotated.parts.push_back(part("a.0002.jsonl.zst", 3));
  EXPECT_EQ(doomed({rotated}, {.days = 30}), "");
}

TEST(RetentionRuleTest, DeletesTheOldestUntilAllAreWithinTheBytes) {
  const std::vector<StoredBundle> bundles = {bundle("a", 1), bundle("b", 3), bundle("c", 2),
                                             bundle("d", 0)};
  EXPECT_EQ(doomed(bundles, {.bytes = 2'000}), "bc");
  EXPECT_EQ(doomed(bundles, {.bytes = 2'001}), "bc");
  EXPECT_EQ(doomed(bundles, {.bytes = 4'000}), "");
}

TEST(RetentionRuleTest, CountsWhatGoesByAgeNoMore) {
  EXPECT_EQ(doomed({bundle("a", 40), bundle("b", 3), bundle("c", 2)}, {.days = 30, .bytes = 2'000}),
            "a");
}

TEST(RetentionRuleTest, ALegalHoldWinsOverEverything) {
  EXPECT_EQ(doomed({bundle("a", 400)}, {.days = 30, .bytes = 1, .is_on_legal_hold = true}), "");
  EXPECT_EQ(doomed({bundle("a", 400), bundle("b", 400)}, {.days = 30, .bytes = 1, .held = {"a"}}),
            "b");
  EXPECT_EQ(doomed({bundle("a", 400)}, {.days = 30, .held = {"a.0001.jsonl.zst"}}), "");
}

TEST(RetentionRuleTest, WhatIsHeldCountsTowardsTheBytes) {
  EXPECT_EQ(doomed({bundle("a", 9, 5'000), bundle("b", 1)}, {.bytes = 4'000, .held = {"a"}}), "b");
}

TEST(RetentionRuleTest, KeepsARunningCaptureWithAllItsParts) {
  StoredBundle running = bundle("a", 40);
  running.parts.push_back(part("a.0002.jsonl.zst.incomplete", 40));
  running.parts.back().is_running = true;
  EXPECT_EQ(doomed({running}, {.days = 30, .bytes = 1}), "");
}

TEST(RetentionRuleTest, DeletesWhatAnInterruptedCaptureLeft) {
  EXPECT_EQ(doomed({{.name = "a", .parts = {part("a.jsonl.zst.incomplete", 40)}}}, {.days = 30}),
            "a");
}

TEST(RetentionRuleTest, SaysWhatItCannotDelete) {
  StoredBundle linked = bundle("a", 40);
  linked.parts[0].obstacle = "is a symbolic link";
  const std::vector<StoredBundle> bundles = {linked};
  const auto choices = judge_retention(bundles, {.days = 30}, kNow);

  EXPECT_FALSE(choices[0].is_doomed);
  EXPECT_TRUE(choices[0].is_obstructed);
  EXPECT_EQ(choices[0].reason, "is a symbolic link");
}

}  // namespace
}  // namespace scopetrace
