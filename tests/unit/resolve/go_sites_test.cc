// SPDX-License-Identifier: Apache-2.0
#include "userspace/resolve/go_sites.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <ostream>

#include "tests/support/go_image.h"

namespace scopetrace {
namespace {

using testing::build_go_image;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::go_program;
using testing::GoImageSpec;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using testing::kGoPage;
using ::testing::Not;

std::vector<SiteKind> kinds_of(const GoSites& picked) {
  std::vector<SiteKind> kinds;
  for (const Site& site : picked.sites) kinds.push_back(site.kind);
  return kinds;
}

TEST(GoSitesTest, PicksEntriesAndReturns) {
  const GoImageSpec spec = go_program();
  const std::uint64_t size = spec.functions.front().second.size();
  const std::string file = build_go_image(spec);

  const GoSites picked = pick_go_sites(as_bytes(file));

  EXPECT_EQ(picked.facts.is_go, 1);
  EXPECT_EQ(picked.facts.problem, GoProblem::kNone);
  EXPECT_EQ(picked.facts.minor, 20);
  EXPECT_EQ(picked.facts.patch, 7);
  EXPECT_THAT(kinds_of(picked),
              ElementsAre(SiteKind::kGoWrite, SiteKind::kGoWriteReturn, SiteKind::kGoWriteReturn,
                          SiteKind::kGoRead, SiteKind::kGoHomedReadReturn,
                          SiteKind::kGoHomedReadReturn, SiteKind::kGoClose));
  EXPECT_EQ(picked.sites[0].file_offset, kGoPage + 3 * size + 4);
  EXPECT_EQ(picked.sites[1].file_offset, kGoPage + 3 * size + 34);
  // net.(*TCPConn).Close is the function before Write.
  EXPECT_EQ(picked.sites[1].tcp_close, -static_cast<std::int64_t>(size) - 34);
}

struct ProblemCase {
  const char* name;
  std::function<void(GoImageSpec&)> change;
  int is_go;
  GoProblem problem;
};
void PrintTo(const ProblemCase& row, std::ostream* out) { *out << row.name; }

class GoProblemTest : public ::testing::TestWithParam<ProblemCase> {};

TEST_P(GoProblemTest, PicksNothing) {
  GoImageSpec spec = go_program();
  GetParam().change(spec);
  const std::string file = build_go_image(spec);

  const GoSites picked = pick_go_sites(as_bytes(file));

  EXPECT_THAT(picked.sites, IsEmpty());
  EXPECT_EQ(picked.facts.is_go, GetParam().is_go);
  EXPECT_EQ(picked.facts.problem, GetParam().problem);
}

INSTANTIATE_TEST_SUITE_P(
    Programs, GoProblemTest,
    ::testing::Values(
        ProblemCase{"NotGo", [](GoImageSpec& s) { s.has_note = s.has_information = false; }, 0,
                    GoProblem::kNone},
        ProblemCase{"WithoutTls", [](GoImageSpec& s) { s.functions.resize(2); }, 0,
                    GoProblem::kNone},
        ProblemCase{"UnknownVersion", [](GoImageSpec& s) { s.has_information = false; }, 1,
                    GoProblem::kVersion},
        ProblemCase{"OldVersion", [](GoImageSpec& s) { s.version = "go1.16.3"; }, 1,
                    GoProblem::kVersion},
        ProblemCase{"UnknownTable", [](GoImageSpec& s) { s.magic = 0xfffffff2; }, 1,
                    GoProblem::kTable},
        ProblemCase{"OtherCode", [](GoImageSpec& s) { s.functions[4].second[3] = 8; }, 1,
                    GoProblem::kCode},
        ProblemCase{"NoClose", [](GoImageSpec& s) { s.functions.pop_back(); }, 1, GoProblem::kCode},
        ProblemCase{"TooManyReturns",
                    [](GoImageSpec& s) { s.functions[3].second.append(64, '\xc3'); }, 1,
                    GoProblem::kCode}),
    [](const auto& test) { return test.param.name; });

// Of a program that has net/http.
GoImageSpec http_program() {
  GoImageSpec spec = go_program();
  for (const char* name : {"net/http.(*persistConn).roundTrip", "runtime.goexit1"}) {
    spec.functions.emplace_back(name, spec.functions.front().second);
  }
  return spec;
}

TEST(GoSitesTest, PicksWhereRequestsAreCausedOnlyWhereGoroutinesAreSeenToEnd) {
  GoImageSpec spec = http_program();
  EXPECT_THAT(kinds_of(pick_go_sites(as_bytes(build_go_image(spec)))),
              IsSupersetOf({SiteKind::kGoExit, SiteKind::kGoRoundTrip}));

  spec.functions.back().first = "runtime.goexit2";
  const GoSites picked = pick_go_sites(as_bytes(build_go_image(spec)));
  EXPECT_EQ(picked.facts.problem, GoProblem::kNone);
  EXPECT_THAT(kinds_of(picked), Not(Contains(SiteKind::kGoRoundTrip)));
  EXPECT_THAT(kinds_of(picked), Contains(SiteKind::kGoWrite));
}

// Whatever number of returns there is: it is picked first.
TEST(GoSitesTest, PicksTheEndOfGoroutinesBeforeReturns) {
  const std::vector<SiteKind> kinds =
      kinds_of(pick_go_sites(as_bytes(build_go_image(http_program()))));

  ASSERT_THAT(kinds, Not(IsEmpty()));
  EXPECT_EQ(kinds.front(), SiteKind::kGoExit);
  EXPECT_EQ(kinds.back(), SiteKind::kGoRoundTrip);
}

TEST(GoSitesTest, KnowsNoDistanceWithoutTcp) {
  GoImageSpec spec = go_program();
  spec.functions[2].first = "net.(*UDPConn).Close";
  const std::string file = build_go_image(spec);

  for (const Site& site : pick_go_sites(as_bytes(file)).sites) EXPECT_EQ(site.tcp_close, 0);
}

}  // namespace
}  // namespace scopetrace
