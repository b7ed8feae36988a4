// SPDX-License-Identifier: Apache-2.0
#include "tests/support/planted.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <numeric>
#include <set>

namespace scopetrace::testing {
namespace {

constexpr std::uint64_t kSeed = 11;

// ISO/IEC 7812-1 annex B.
bool passes_luhn(const std::string& digits) {
  int sum = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const int digit = digits[digits.size() - 1 - i] - '0';
    sum += i % 2 == 0 ? digit : (digit > 4 ? 2 * digit - 9 : 2 * digit);
  }
  return sum % 10 == 0;
}

// ISO 13616: the first four characters go to the end, letters count from 10; the rest is 1 mod 97.
int iban_remainder(const std::string& iban) {
  const std::string turned = iban.substr(4) + iban.substr(0, 4);
  return std::accumulate(turned.begin(), turned.end(), 0, [](int remainder, char c) {
    const bool is_letter = c >= 'A';
    return (remainder * (is_letter ? 100 : 10) + (is_letter ? c - 'A' + 10 : c - '0')) % 97;
  });
}

class PlantedSeedTest : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(PlantedSeedTest, HasValidCheckDigits) {
  const PlantedSet planted = make_planted(GetParam());

  EXPECT_TRUE(passes_luhn(planted.pan));
  EXPECT_EQ(iban_remainder(planted.iban), 1);
  EXPECT_EQ(planted.iban.size(), 22u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, PlantedSeedTest, ::testing::Range<std::uint64_t>(0, 20));

TEST(PlantedTest, DependsOnTheSeedAlone) {
  EXPECT_EQ(make_planted(kSeed).api_key, make_planted(kSeed).api_key);
  EXPECT_NE(make_planted(kSeed).api_key, make_planted(kSeed + 1).api_key);
}

TEST(PlantedTest, ListsEveryValueOnce) {
  std::set<std::string> values;
  for (const Planted& planted : make_planted(kSeed).all()) values.insert(planted.value);

  EXPECT_EQ(values.size(), make_planted(kSeed).all().size());
  EXPECT_THAT(values, ::testing::Each(::testing::SizeIs(::testing::Ge(8u))));
}

TEST(PlantedTest, ManifestReadsBack) {
  const std::string path = ::testing::TempDir() + "planted_manifest.json";

  ASSERT_TRUE(write_manifest(path, make_planted(kSeed)));
  const auto planted = read_manifest(path);

  ASSERT_TRUE(planted);
  EXPECT_EQ(planted->size(), make_planted(kSeed).all().size());
  EXPECT_EQ(planted->front().value, make_planted(kSeed).api_key);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace scopetrace::testing
