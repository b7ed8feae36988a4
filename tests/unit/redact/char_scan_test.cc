// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/scan/char_scan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "userspace/redact/scan/text_class.h"

namespace scopetrace {
namespace {

std::string make_text(std::size_t size, std::uint64_t seed) {
  constexpr std::string_view kCharacters =
      "0123456789 -012345678901234 abzZabXzabYZabcabc/+_@%.:\n\\\x80\xff[";
  std::mt19937_64 random(seed);
  std::string text;
  while (text.size() < size) text += kCharacters[random() % kCharacters.size()];
  return text;
}

bool is_number_char(const std::string& text, std::size_t at) {
  if (at >= text.size()) return false;
  if (is_digit(text[at])) return true;
  const bool is_joint = text[at] == ' ' || text[at] == '-';
  return is_joint && at > 0 && is_digit(text[at - 1]) && at + 1 < text.size() &&
         is_digit(text[at + 1]);
}

bool is_token_char(const std::string& text, std::size_t at) {
  return at < text.size() &&
         (is_alnum(text[at]) || std::string_view("+/-_").find(text[at]) != std::string_view::npos);
}

// Where `count` characters in a row satisfy `is_member`, and did not one character before.
template <class Predicate>
std::vector<std::uint32_t> run_begins(const std::string& text, unsigned count,
                                      Predicate is_member) {
  const auto is_run = [&](std::size_t at) {
    for (unsigned i = 0; i < count; ++i) {
      if (!is_member(text, at + i)) return false;
    }
    return true;
  };
  std::vector<std::uint32_t> begins;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (is_run(at) && (at == 0 || !is_run(at - 1))) {
      begins.push_back(static_cast<std::uint32_t>(at));
    }
  }
  return begins;
}

// Whether a word or a part of one begins at `at`, by the definition of CharHits::word_begins.
bool is_word_begin(const std::string& text, std::size_t at) {
  const auto is = [&](std::size_t back, auto predicate) {
    return at >= back && predicate(text[at - back]);
  };
  const auto is_escape = [](char c) { return c == '%' || c == '\\'; };
  const auto is_joint = [](char c) { return c == ' ' || c == '-'; };
  const char c = text[at];
  if (!is_letter(c)) return false;
  if (!is(1, is_alnum)) return true;
  if (is(2, [](char b) { return b == '%' || b == '\\'; }) || is(3, is_escape) || is(6, is_escape))
    return true;
  if (is(1, is_letter) && is(2, is_digit)) return true;  // behind a colour
  if (!is_upper(c)) return false;
  const bool ends_capitals = at + 1 < text.size() && is_lower(text[at + 1]);
  return !is(1, is_upper) || ends_capitals || is(2, is_joint);
}

// Whether a long word, or a part of one, ends before `at`.
bool is_word_end(const std::string& text, std::size_t at) {
  if (at < CharHits::kMinWord) return false;
  const std::string_view word =
      std::string_view(text).substr(at - CharHits::kMinWord, CharHits::kMinWord);
  if (!std::all_of(word.begin(), word.end(), is_letter)) return false;
  if (at == text.size() || !is_letter(text[at])) return true;
  return is_upper(text[at]) && is_lower(word.back());
}

bool has_bit(const std::vector<std::uint64_t>& masks, std::size_t at) {
  return (masks[at / 64] >> at % 64 & 1) != 0;
}

class CharScanTest : public testing::TestWithParam<std::size_t> {};

TEST_P(CharScanTest, FindsWhatALookAtEachCharacterFinds) {
  const std::string text = make_text(GetParam(), GetParam() + 1);
  CharHits hits;

  scan_chars(text, hits);

  EXPECT_EQ(hits.numbers, run_begins(text, CharHits::kMinNumber, is_number_char));
  EXPECT_EQ(hits.tokens, run_begins(text, CharHits::kMinToken, is_token_char));
  std::vector<std::uint32_t> signs;
  for (std::uint32_t i = 0; i < text.size(); ++i) {
    if (text[i] == '@' || text[i] == '%') signs.push_back(i);
  }
  EXPECT_EQ(hits.signs, signs);
}

TEST_P(CharScanTest, SeesWhereWordsBeginAndEnd) {
  const std::string text = make_text(GetParam(), GetParam() + 2);
  CharHits hits;

  scan_chars(text, hits);

  for (std::size_t at = 0; at < text.size(); ++at)
    EXPECT_EQ(has_bit(hits.word_begins, at + 1), is_word_begin(text, at)) << at;
  for (std::size_t at = 0; at <= text.size(); ++at)
    EXPECT_EQ(has_bit(hits.word_ends, at), is_word_end(text, at)) << at;
}

TEST_P(CharScanTest, ThePortableFormFindsTheSame) {
  const std::string text = make_text(GetParam(), GetParam() + 7);
  CharHits hits;
  CharHits portable;

  scan_chars(text, hits);
  scan_chars_portably(text, portable);

  EXPECT_EQ(hits.numbers, portable.numbers);
  EXPECT_EQ(hits.tokens, portable.tokens);
  EXPECT_EQ(hits.signs, portable.signs);
  EXPECT_EQ(hits.word_begins, portable.word_begins);
  EXPECT_EQ(hits.word_ends, portable.word_ends);
}

INSTANTIATE_TEST_SUITE_P(Sizes, CharScanTest,
                         testing::Values(0, 1, 15, 63, 64, 65, 127, 128, 129, 1000, 4096, 10007));

}  // namespace
}  // namespace scopetrace
