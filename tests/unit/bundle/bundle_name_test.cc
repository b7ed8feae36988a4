// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/bundle_name.h"

#include <gtest/gtest.h>

namespace scopetrace {
namespace {

TEST(BundleNameTest, PutsTheNumberBeforeTheEndingOfABundle) {
  EXPECT_EQ(part_path("d/cap.jsonl.zst", 1), "d/cap.0001.jsonl.zst");
  EXPECT_EQ(part_path("cap.jsonl.zst.age", 12), "cap.0012.jsonl.zst.age");
  EXPECT_EQ(part_path("cap", 9999), "cap.9999");
  EXPECT_EQ(part_path("cap.zst", 3), "cap.zst.0003");
}

TEST(BundleNameTest, ReadsTheNumbersThatItGives) {
  for (const char* path : {"d/cap.jsonl.zst", "cap.jsonl.zst.age"}) {
    for (const std::uint32_t part : {1U, 12U, kMaxParts}) {
      const auto parsed = parse_bundle_file_name(part_path(path, part));
      ASSERT_TRUE(parsed);
      EXPECT_EQ(parsed->part, part);
      EXPECT_EQ(parsed->bundle, parse_bundle_file_name(path)->bundle);
    }
  }
}

struct NameRow {
  const char* name;
  const char* file_name;
  const char* bundle;  // empty: none
  std::uint32_t part;
  bool is_incomplete;
};

class BundleFileNameTest : public testing::TestWithParam<NameRow> {};

TEST_P(BundleFileNameTest, IsRead) {
  const auto parsed = parse_bundle_file_name(GetParam().file_name);

  EXPECT_EQ(parsed ? parsed->bundle : "", GetParam().bundle);
  EXPECT_EQ(parsed ? parsed->part : 0, GetParam().part);
  EXPECT_EQ(parsed && parsed->is_incomplete, GetParam().is_incomplete);
}

INSTANTIATE_TEST_SUITE_P(
    Names, BundleFileNameTest,
    testing::Values(NameRow{"Whole", "a.jsonl.zst", "a", 0, false},
                    NameRow{"InAFolder", "d.d/a.0003.jsonl.zst", "d.d/a", 3, false},
                    NameRow{"ThreeDigits", "a.012.jsonl.zst", "a.012", 0, false},
                    NameRow{"NoDigit", "a.00x2.jsonl.zst", "a.00x2", 0, false},
                    NameRow{"Part", "a.0012.jsonl.zst", "a", 12, false},
                    NameRow{"PartBeyondFourDigits", "a.10000.jsonl.zst", "a", 10000, false},
                    NameRow{"EncryptedPart", "a.0001.jsonl.zst.age", "a", 1, false},
                    NameRow{"Incomplete", "a.jsonl.zst.incomplete", "a", 0, true},
                    NameRow{"IncompleteEncrypted", "a.jsonl.zst.age.incomplete", "a", 0, true},
                    NameRow{"Recovered", "a.0002.recovered.jsonl.zst", "a", 2, false},
                    NameRow{"DotsInTheName", "a.b.12.jsonl.zst", "a.b.12", 0, false},
                    NameRow{"OnlyAPartNumber", ".0001.jsonl.zst", "", 0, false},
                    NameRow{"OtherEnding", "a.jsonl", "", 0, false},
                    NameRow{"NothingButEndings", ".jsonl.zst", "", 0, false}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace scopetrace
