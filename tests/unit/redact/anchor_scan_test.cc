// SPDX-License-Identifier: Apache-2.0
#include "userspace/redact/scan/anchor_scan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
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
std::vector<AnchorScan::Anchor> anchors() {
  std::vector<AnchorScan::Anchor> list;
  for (const std::string_view text : {":54", "8Q~", "[[\"", "$2a", "$6$", "7z ", "\"d\"", "&#6",
                                      "00D", "\xc3\xa9:", "-us", "':*"})
    list.push_back(
        {{one_of(text.substr(0, 1)), one_of(text.substr(1, 1)), one_of(text.substr(2))}});
  list.push_back({{one_of("pP"), one_of("wW"), one_of(std::string_view("= :\0", 4))}});
  list.push_back({{one_of("*"), one_of("*"), ByteSet().set()}});
  for (std::uint32_t i = 0; i < list.size(); ++i) list[i].string = i;
  return list;
}

AnchorScan make_scan() {
  AnchorScan scan;
  for (const AnchorScan::Anchor& anchor : anchors()) scan.add(anchor);
  scan.build();
  return scan;
}

std::string text_of_anchors(std::size_t size, std::uint64_t seed) {
  constexpr std::string_view kBytes = ":548Q~[[$2a67z \"d&#0D\xc3\xa9-us'*pPwW=x";
  std::mt19937_64 random(seed);
  std::string text;
  while (text.size() < size) text += kBytes[random() % kBytes.size()];
  return text;
}

using Places = std::vector<std::pair<std::size_t, std::uint32_t>>;  // where, which anchor

Places find_slowly(const std::string& text) {
  const auto byte = [&](std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
  };
  Places places;
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (const AnchorScan::Anchor& anchor : anchors()) {
      if (anchor.bytes[0][byte(at)] && anchor.bytes[1][byte(at + 1)] &&
          anchor.bytes[2][byte(at + 2)])
        places.emplace_back(at, anchor.string);
    }
  }
  return places;
}

using Look = void (AnchorScan::*)(std::string_view, std::size_t, std::size_t, std::uint64_t*) const;

// What each() finds where look() marks a place; a few blocks at a time.
Places find_by(Look look, const AnchorScan& scan, const std::string& text) {
  constexpr std::size_t kAtOnce = 3;
  Places places;
  for (std::size_t first = 0; first * kMaskBytes < text.size(); first += kAtOnce) {
    std::uint64_t masks[kAtOnce];
    (scan.*look)(text, first, kAtOnce, masks);
    for (std::size_t bit = 0; bit < kAtOnce * kMaskBytes; ++bit) {
      const std::size_t at = first * kMaskBytes + bit;
      if ((masks[bit / kMaskBytes] >> bit % kMaskBytes & 1) == 0 || at >= text.size()) continue;
      scan.each(text, at, [&](const auto& anchor) { places.emplace_back(at, anchor.string); });
    }
  }
  std::sort(places.begin(), places.end());
  return places;
}

class AnchorScanTest : public testing::TestWithParam<std::size_t> {};

TEST_P(AnchorScanTest, FindsWhatALookAtEachPlaceFinds) {
  const std::string text = text_of_anchors(GetParam(), GetParam() + 5);

  EXPECT_EQ(find_by(&AnchorScan::look, make_scan(), text), find_slowly(text));
}

TEST_P(AnchorScanTest, ThePortableFormFindsTheSame) {
  const std::string text = text_of_anchors(GetParam(), GetParam() + 11);

  EXPECT_EQ(find_by(&AnchorScan::look_portably, make_scan(), text), find_slowly(text));
}

INSTANTIATE_TEST_SUITE_P(Sizes, AnchorScanTest,
                         testing::Values(0, 1, 2, 3, 63, 64, 65, 66, 67, 128, 130, 191, 192, 194,
                                         1000, 10007));

TEST(AnchorScanMakeTest, FindsNothingWithoutAnchors) {
  AnchorScan scan;
  scan.build();
  std::uint64_t masks[2] = {~0ULL, ~0ULL};

  scan.look(text_of_anchors(128, 1), 0, 2, masks);

  EXPECT_EQ(masks[0] | masks[1], 0U);
}

}  // namespace
}  // namespace scopetrace
