// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/scan/triple_filter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "userspace/redact/scan/bit_list.h"

namespace scopetrace {
namespace {

ByteSet one_of(std::string_view bytes) {
  ByteSet set;
  for (const char c : bytes) set.set(static_cast<unsigned char>(c));
  return set;
}

// More than there are groups, with sets of several bytes, bytes of UTF-8 and any byte.
std::vector<TripleFilter::Bytes> triples() {
  std::vector<TripleFilter::Bytes> list;
  for (const std::string_view text : {":54", "8Q~", "[[\"", "$2a", "$6$", "7z ", "\"d\"", "&#6",
                                      "00D", "\xc3\xa9:", "-us", "':*"})
    list.push_back({one_of(text.substr(0, 1)), one_of(text.substr(1, 1)), one_of(text.substr(2))});
  list.push_back({one_of("pP"), one_of("wW"), one_of(std::string_view("= :\0", 4))});
  list.push_back({one_of("*"), one_of("*"), ByteSet().set()});
  return list;
}

TripleFilter make_filter() {
  TripleFilter filter;
  for (const TripleFilter::Bytes& bytes : triples()) filter.add(bytes);
  filter.build();
  return filter;
}

std::string text_of_triples(std::size_t size, std::uint64_t seed) {
  constexpr std::string_view kBytes = ":548Q~[[$2a67z \"d&#0D\xc3\xa9-us'*pPwW=x";
  std::mt19937_64 random(seed);
  std::string text;
  while (text.size() < size) text += kBytes[random() % kBytes.size()];
  return text;
}

std::vector<std::size_t> places_of_triples(const std::string& text) {
  const auto byte = [&](std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
  };
  const std::vector<TripleFilter::Bytes> list = triples();
  std::vector<std::size_t> places;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (std::any_of(list.begin(), list.end(), [&](const TripleFilter::Bytes& bytes) {
          return bytes[0][byte(at)] && bytes[1][byte(at + 1)] && bytes[2][byte(at + 2)];
        }))
      places.push_back(at);
  }
  return places;
}

using Look = void (TripleFilter::*)(std::string_view, std::size_t, std::size_t,
                                    std::uint64_t*) const;

// What look() marks, a few blocks at a time.
std::vector<std::size_t> marked_by(Look look, const std::string& text) {
  constexpr std::size_t kAtOnce = 3;
  const TripleFilter filter = make_filter();
  std::vector<std::size_t> places;
  for (std::size_t first = 0; first * kMaskBytes < text.size(); first += kAtOnce) {
    std::uint64_t masks[kAtOnce];
    (filter.*look)(text, first, kAtOnce, masks);
    for (std::size_t bit = 0; bit < kAtOnce * kMaskBytes; ++bit) {
      if ((masks[bit / kMaskBytes] >> bit % kMaskBytes & 1) != 0)
        places.push_back(first * kMaskBytes + bit);
    }
  }
  return places;
}

bool holds_all(const std::vector<std::size_t>& marked, const std::vector<std::size_t>& wanted) {
  return std::includes(marked.begin(), marked.end(), wanted.begin(), wanted.end());
}

class TripleFilterTest : public testing::TestWithParam<std::size_t> {
 protected:
  const std::string text_ = text_of_triples(GetParam(), GetParam() + 5);
};

TEST_P(TripleFilterTest, MissesNoPlace) {
  EXPECT_TRUE(holds_all(marked_by(&TripleFilter::look, text_), places_of_triples(text_)));
  EXPECT_TRUE(holds_all(marked_by(&TripleFilter::look_portably, text_), places_of_triples(text_)));
}

TEST_P(TripleFilterTest, LetsMostOtherPlacesFail) {
  const std::size_t passed = marked_by(&TripleFilter::look, text_).size();
  EXPECT_LE(passed, places_of_triples(text_).size() + text_.size() / 8 + 1);
}

INSTANTIATE_TEST_SUITE_P(Sizes, TripleFilterTest,
                         testing::Values(0, 1, 2, 3, 63, 64, 65, 66, 67, 128, 130, 191, 192, 194,
                                         1000, 10007));

TEST(TripleFilterMakeTest, LetsNothingPassWithoutTriples) {
  TripleFilter filter;
  filter.build();
  std::uint64_t masks[2] = {~0ULL, ~0ULL};

  filter.look(text_of_triples(128, 1), 0, 2, masks);

  EXPECT_EQ(masks[0] | masks[1], 0U);
}

}  // namespace
}  // namespace scopetrace
