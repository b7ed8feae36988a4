// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/scan/literal_scan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <tuple>

#include "userspace/redact/scan/char_scan.h"
#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

// Letters, digits and signs of the literals below, so that they and near misses turn up often.
std::string make_text(std::size_t size, std::uint64_t seed) {
  constexpr std::string_view kParts[] = {"pin",  "PIN", "secret", "Secr", "sk_",  "://", "$2",
                                         "8Q~",  "gh",  "ghp_",   "\\n",  "\\u0", " ",   "-",
                                         "\xff", "a",   "x",      "Z",    "\xc3", "%3D", "[RED"};
  std::mt19937_64 random(seed);
  std::string text;
  while (text.size() < size) text += kParts[random() % std::size(kParts)];
  return text.substr(0, size);
}

const std::vector<Literal>& literals() {
  static const std::vector<Literal> list = {
      {"secret", true},      {"pin", true, false, true},
      {"ghp_", false, true}, {"sk_", false, true},
      {"8Q~", false},        {"://", false},
      {"$2", false, true},   {"\\u0", false, true},
      {"[RED", false, true}, {"Secr", false, true},
  };
  return list;
}

bool is_start(const std::vector<std::uint64_t>& starts, std::size_t at) {
  return (starts[at / 64] >> at % 64 & 1) != 0;
}

bool is_low(char c) { return c >= 0x60; }

// Whether the literal stands at `at`, by its definition.
bool stands_at(const Literal& literal, const std::string& text, std::size_t at,
               const std::vector<std::uint64_t>& starts) {
  const std::string_view found = std::string_view(text).substr(at, literal.text.size());
  const bool is_same =
      literal.ignores_case ? equals_ignoring_case(found, literal.text) : found == literal.text;
  if (!is_same) return false;
  const auto first =
      static_cast<std::size_t>(std::find_if(found.begin(), found.end(), is_alnum) - found.begin());
  const bool needs_start = literal.begins_word && first + 2 <= found.size();
  if (needs_start && !is_start(starts, at + first)) return false;
  const std::size_t end = at + found.size();
  const bool is_inside =
      at > 0 && is_low(text[at - 1]) && is_low(text[at]) && end < text.size() && is_low(text[end]);
  return !(literal.is_guarded && is_inside);
}

using Place = std::tuple<std::uint32_t, std::uint32_t>;  // begin, literal

std::vector<Place> find_slowly(const std::string& text, const std::vector<std::uint64_t>& starts) {
  std::vector<Place> places;
  for (std::uint32_t at = 0; at < text.size(); ++at) {
    for (std::uint32_t i = 0; i < literals().size(); ++i) {
      if (stands_at(literals()[i], text, at, starts)) places.emplace_back(at, i);
    }
  }
  return places;
}

class LiteralScanTest : public testing::TestWithParam<std::size_t> {};

TEST_P(LiteralScanTest, FindsWhatALookAtEachPlaceFinds) {
  const auto scan = *LiteralScan::make(literals());
  const std::string text = make_text(GetParam(), GetParam() + 3);
  CharHits chars;
  scan_chars(text, chars);
  std::vector<LiteralHit> hits;

  scan.find(text, chars.starts, hits);

  std::vector<Place> places;
  for (const LiteralHit& hit : hits) places.emplace_back(hit.begin, hit.literal);
  std::sort(places.begin(), places.end());
  EXPECT_EQ(places, find_slowly(text, chars.starts));
}

TEST_P(LiteralScanTest, ThePortableFilterFindsTheSame) {
  const FilterSet filters{LiteralFilter(FilterKind::kLetters, {{"secr"}, {"pin", true}, {"Q~"}}),
                          LiteralFilter(FilterKind::kStart, {{"ghp_"}, {"sk_"}, {"2a"}}),
                          LiteralFilter(FilterKind::kOther, {{"//"}, {"$2"}})};
  const std::size_t blocks = std::min(GetParam() / kMaskBytes, kFilterBlocks);
  const std::string text = " " + make_text(GetParam() + 8, GetParam() + 9);
  std::vector<std::uint64_t> starts(blocks);
  std::mt19937_64 random(GetParam());
  for (auto& mask : starts) mask = random();
  FilterHits fast, portable;

  find_candidates(filters, text.data() + 1, blocks, starts.data(), 7, fast);
  find_candidates_portably(filters, text.data() + 1, blocks, starts.data(), 7, portable);

  EXPECT_TRUE(std::ranges::equal(fast.letters.offsets(), portable.letters.offsets()));
  EXPECT_TRUE(std::ranges::equal(fast.start.offsets(), portable.start.offsets()));
  EXPECT_TRUE(std::ranges::equal(fast.other.offsets(), portable.other.offsets()));
}

INSTANTIATE_TEST_SUITE_P(Sizes, LiteralScanTest,
                         testing::Values(0, 1, 5, 63, 64, 65, 127, 128, 191, 192, 193, 259, 260,
                                         2048, 2115, 2116, 4200, 10007));

TEST(LiteralScanMakeTest, RefusesALiteralWithoutTwoAsciiCharacters) {
  EXPECT_FALSE(LiteralScan::make({{"\xc3\xa9x\xc3", false}}).has_value());
}

}  // namespace
}  // namespace scopetrace
