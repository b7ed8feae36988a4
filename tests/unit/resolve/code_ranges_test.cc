// SPDX-License-Identifier: Apache-2.0
#include "userspace/resolve/code_ranges.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <functional>

#include "userspace/base/file.h"

namespace scopetrace {
namespace {

Site good_site() {
  Site site;
  site.file_offset = 0x1100;
  site.kind = SiteKind::kTlsWrite;
  site.size_argument = 4;
  site.is_function_entry = 1;
  site.is_cheap = 1;
  return site;
}

const std::vector<FileRange> kCode{{0x1000, 0x200}, {0x8000, 0x10}};

void make_go_return(Site& site) {
  site.kind = SiteKind::kGoWriteReturn;
  site.size_argument = 0;
  site.is_function_entry = 0;
  site.is_cheap = 0;
  site.tcp_close = -8;
}

struct SiteCase {
  const char* name;
  std::function<void(Site&)> change;
  bool accepted;
};

class CheckSitesTest : public testing::TestWithParam<SiteCase> {};

TEST_P(CheckSitesTest, ChecksOneSite) {
  Site site = good_site();
  GetParam().change(site);

  EXPECT_EQ(check_sites({&site, 1}, kCode).has_value(), GetParam().accepted);
}

INSTANTIATE_TEST_SUITE_P(
    Fields, CheckSitesTest,
    testing::Values(SiteCase{"Inside", [](Site&) {}, true},
                    SiteCase{"FirstByte", [](Site& s) { s.file_offset = 0x1000; }, true},
                    SiteCase{"LastByte", [](Site& s) { s.file_offset = 0x11ff; }, true},
                    SiteCase{"SecondRange", [](Site& s) { s.file_offset = 0x8000; }, true},
                    SiteCase{"JustBefore", [](Site& s) { s.file_offset = 0xfff; }, false},
                    SiteCase{"JustBehind", [](Site& s) { s.file_offset = 0x1200; }, false},
                    SiteCase{"FarAway", [](Site& s) { s.file_offset = ~0ULL; }, false},
                    SiteCase{"UnknownKind", [](Site& s) { s.kind = static_cast<SiteKind>(9); },
                             false},
                    SiteCase{"KindZero", [](Site& s) { s.kind = static_cast<SiteKind>(0); }, false},
                    SiteCase{"OddSizeArgument", [](Site& s) { s.size_argument = 3; }, false},
                    SiteCase{"NoFunctionEntry", [](Site& s) { s.is_function_entry = 0; }, false},
                    SiteCase{"DistanceOfGo", [](Site& s) { s.tcp_close = 1; }, false},
                    SiteCase{"AllFlags", [](Site& s) { s.flags = 15; }, true},
                    SiteCase{"UnknownFlag", [](Site& s) { s.flags = 16; }, false},
                    SiteCase{"ReservedUsed", [](Site& s) { s.reserved[6] = 1; }, false},
                    SiteCase{"GoReturn", make_go_return, true},
                    SiteCase{"GoReturnAtFunctionEntry",
                             [](Site& s) {
                               make_go_return(s);
                               s.is_function_entry = 1;
                             },
                             false},
                    SiteCase{"GoReturnWithFlag",
                             [](Site& s) {
                               make_go_return(s);
                               s.flags = 1;
                             },
                             false},
                    SiteCase{"GoReservedUsed",
                             [](Site& s) {
                               make_go_return(s);
                               s.reserved[0] = 1;
                             },
                             false},
                    SiteCase{"GoEntryWithDistance",
                             [](Site& s) {
                               make_go_return(s);
                               s.kind = SiteKind::kGoRead;
                             },
                             false}),
    [](const auto& test) { return test.param.name; });

TEST(CheckSitesTest, RefusesTooManySites) {
  const std::vector<Site> sites(kMaxSites + 1, good_site());

  EXPECT_EQ(check_sites(sites, kCode).error().code(), ErrorCode::kLimit);
}

TEST(CodeRangesTest, FindsTheCodeOfThisProgram) {
  const UniqueFd self = open_file("/proc/self/exe", O_RDONLY).value();

  const auto ranges = read_code_ranges(self.get());

  ASSERT_TRUE(ranges);
  ASSERT_FALSE(ranges->empty());
  EXPECT_GT(ranges->front().size_bytes, 0u);
}

TEST(CodeRangesTest, RefusesTextFiles) {
  const UniqueFd file = open_file("/proc/self/status", O_RDONLY).value();

  EXPECT_FALSE(read_code_ranges(file.get()));
}

}  // namespace
}  // namespace scopetrace
