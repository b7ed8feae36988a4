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
std::string text_of_words(std::size_t size, std::uint64_t seed) {
  constexpr std::string_view kParts[] = {"pin",
                                         "PIN",
                                         "secret",
                                         "Secr",
                                         "sk_",
                                         "[[",
                                         "$2",
                                         "8Q~",
                                         "gh",
                                         "ghp_",
                                         "\\n",
                                         "\\u00",
                                         " ",
                                         "-",
                                         "\xff",
                                         "a",
                                         "x",
                                         "Z",
                                         "\xc3",
                                         "%3D",
                                         "=",
                                         "db",
                                         "secrets",
                                         "Id",
                                         "s",
                                         "QQ99",
                                         "7",
                                         "pw",
                                         "256",
                                         "correct-horse-battery",
                                         "correct-horse-batTERY",
                                         "correct-Horse-battle",
                                         "7z secret"};
  std::mt19937_64 random(seed);
  std::string text;
  while (text.size() < size) text += kParts[random() % std::size(kParts)];
  return text.substr(0, size);
}

const std::vector<Literal>& literals() {
  static const std::vector<Literal> list = [] {
    std::vector<Literal> made(15);
    made[0] = {"secret", true, true, true, true};
    made[1] = {"pin", true, true, true};
    made[2] = {"ghp_"};
    made[3] = {"sk_"};
    made[4] = {"8Q~", false, false};
    made[5] = {"[["};
    made[6] = {"\\u00"};
    made[7] = {"QQ99", false, false};
    made[8] = {"pw", true, true, true};
    made[9] = {"256", true};
    made[10] = {"correct-horse-battery", true};
    made[11] = {"7Q"};
    made[12] = {"7z secret", true};
    made[13] = {std::string("pw\0", 3), true};
    made[14] = {"correct-horse"};
    return made;
  }();
  return list;
}

bool is_marked(const std::vector<std::uint64_t>& masks, std::size_t at) {
  return (masks[at / 64] >> at % 64 & 1) != 0;
}

// Whether letters of the same word follow the whole literal that ends before `at`.
bool goes_on(const Literal& literal, const std::string& text, std::size_t at) {
  const auto is = [&](std::size_t i, auto predicate) {
    return i < text.size() && predicate(text[i]);
  };
  if (is(at, [](char c) { return c == 's'; })) return is(at + 1, is_letter);
  const auto is_foreign = [](char c) { return (c & 0x80) != 0 && c != '\xc2' && c != '\xe2'; };
  if (literal.text.size() == 2) {
    constexpr std::string_view kBehind("=:\"' _-\\])<>&[.,;|\t\r\n\0\xc2\xe2", 24);
    return at < text.size() && kBehind.find(text[at]) == kBehind.npos;
  }
  if (literal.text.size() < 4) return is(at, is_letter) || is(at, is_foreign);
  if (!is(at, is_upper)) return is(at, is_letter);
  return is_upper(text[at - 1]) && !is(at + 1, is_lower);
}

// Whether the literal stands at `at`, by its definition.
bool stands_at(const Literal& literal, const std::string& text, std::size_t at,
               const CharHits& chars) {
  const std::string_view found = std::string_view(text).substr(at, literal.text.size());
  const bool is_same =
      literal.ignores_case ? equals_ignoring_case(found, literal.text) : found == literal.text;
  const std::size_t end = at + literal.text.size();
  if (!is_same || (literal.is_whole && goes_on(literal, text, end))) return false;
  const bool is_begin =
      is_digit(text[at]) ? is_token_start(text, at) : is_marked(chars.word_begins, at + 1);
  const bool begins = is_begin || !literal.begins_word;
  return begins || !is_alnum(literal.text[0]) ||
         (literal.ends_word && is_marked(chars.word_ends, end));
}

using Place = std::tuple<std::uint32_t, std::uint32_t>;  // begin, literal

std::vector<Place> find_slowly(const std::string& text, const CharHits& chars) {
  std::vector<Place> places;
  for (std::uint32_t at = 0; at < text.size(); ++at) {
    for (std::uint32_t i = 0; i < literals().size(); ++i) {
      if (stands_at(literals()[i], text, at, chars)) places.emplace_back(at, i);
    }
  }
  return places;
}

class LiteralScanTest : public testing::TestWithParam<std::size_t> {};

TEST_P(LiteralScanTest, FindsWhatALookAtEachPlaceFinds) {
  const auto scan = *LiteralScan::make(literals());
  const std::string text = text_of_words(GetParam(), GetParam() + 3);
  CharHits chars;
  scan_chars(text, chars);
  std::vector<LiteralHit> hits;

  scan.find(text, chars, hits);

  std::vector<Place> places;
  for (const LiteralHit& hit : hits) places.emplace_back(hit.begin, hit.literal);
  EXPECT_EQ(places, find_slowly(text, chars));
}

INSTANTIATE_TEST_SUITE_P(Sizes, LiteralScanTest,
                         testing::Values(0, 1, 5, 8, 63, 64, 65, 127, 128, 191, 192, 193, 259, 260,
                                         1023, 1024, 1025, 2048, 2115, 4200, 10007));

TEST(LiteralScanMakeTest, RefusesALiteralOfOneCharacter) {
  EXPECT_FALSE(LiteralScan::make({{"x"}}).has_value());
}

}  // namespace
}  // namespace scopetrace
