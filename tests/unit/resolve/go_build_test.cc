// SPDX-License-Identifier: Apache-2.0
#include "userspace/resolve/go_build.h"

#include <gtest/gtest.h>

#include <functional>
#include <ostream>

#include "tests/support/go_image.h"

namespace scopetrace {
namespace {

using testing::build_go_image;
using testing::go_program;
using testing::GoImageSpec;

struct VersionCase {
  const char* name;
  const char* text;
  int minor;  // 0: not told
  int patch;
};
void PrintTo(const VersionCase& row, std::ostream* out) { *out << row.name; }

class GoVersionTest : public ::testing::TestWithParam<VersionCase> {};

TEST_P(GoVersionTest, ReadsReleasesOnly) {
  const auto version = parse_go_version(GetParam().text);

  EXPECT_EQ(version ? version->minor : 0, GetParam().minor);
  EXPECT_EQ(version ? version->patch : 0, GetParam().patch);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, GoVersionTest,
    ::testing::Values(VersionCase{"Release", "go1.19.8", 19, 8},
                      VersionCase{"First", "go1.18", 18, 0},
                      VersionCase{"Experiment", "go1.22.1 X:boringcrypto", 22, 1},
                      VersionCase{"Vendor", "go1.21.3-distribution", 21, 3},
                      VersionCase{"WithoutRegisterAbi", "go1.18.1 X:noregabi", 0, 0},
                      VersionCase{"Candidate", "go1.21rc2", 0, 0},
                      VersionCase{"Development", "devel go1.22-0123456789", 0, 0},
                      VersionCase{"NoPatch", "go1.21.", 0, 0},
                      VersionCase{"TooLarge", "go1.256", 0, 0}, VersionCase{"Go2", "go2.1", 0, 0},
                      VersionCase{"Empty", "", 0, 0}),
    [](const auto& test) { return test.param.name; });

TEST(GoVersionTest, CoversFromRegisterArgumentsToTheLastLookedAt) {
  EXPECT_FALSE(is_covered({16, 15}));
  EXPECT_TRUE(is_covered({17, 0}));
  EXPECT_TRUE(is_covered({25, 4}));
  EXPECT_FALSE(is_covered({26, 0}));
}

struct ImageCase {
  const char* name;
  std::function<void(GoImageSpec&)> change;
  bool is_go;
  int minor;
};
void PrintTo(const ImageCase& row, std::ostream* out) { *out << row.name; }

class GoBuildTest : public ::testing::TestWithParam<ImageCase> {};

TEST_P(GoBuildTest, TellsProgramAndVersion) {
  GoImageSpec spec = go_program();
  GetParam().change(spec);
  const std::string file = build_go_image(spec);

  const GoBuild build = read_go_build(LoadedImage::parse(as_bytes(file)).value());

  EXPECT_EQ(build.is_go, GetParam().is_go);
  EXPECT_EQ(build.version ? build.version->minor : 0, GetParam().minor);
}

INSTANTIATE_TEST_SUITE_P(
    Files, GoBuildTest,
    ::testing::Values(
        ImageCase{"Strings", [](GoImageSpec&) {}, true, 20},
        ImageCase{"Pointers", [](GoImageSpec& s) { s.has_pointers = true; }, true, 20},
        ImageCase{"NoNote", [](GoImageSpec& s) { s.has_note = false; }, true, 20},
        ImageCase{"NoteOnly", [](GoImageSpec& s) { s.has_information = false; }, true, 0},
        ImageCase{"LongVersion",
                  [](GoImageSpec& s) { s.version = "go1.20 " + std::string(90, 'x'); }, true, 20},
        ImageCase{"Neither", [](GoImageSpec& s) { s.has_note = s.has_information = false; }, false,
                  0}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace scopetrace
