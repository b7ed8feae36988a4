// SPDX-License-Identifier: Apache-2.0
#include "userspace/resolve/go_table.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <functional>
#include <ostream>

#include "tests/support/go_image.h"

namespace scopetrace {
namespace {

using testing::build_go_image;
using testing::go_program;
using testing::GoImageSpec;
using testing::kGoCodeAddress;
using testing::kGoTableOffset;

constexpr std::array<std::string_view, 3> kWanted{"crypto/tls.(*Conn).Read", "main.absent",
                                                  "crypto/tls.(*Conn).Write"};

std::vector<GoFunction> functions_of(const std::string& file) {
  const auto image = LoadedImage::parse(as_bytes(file));
  const auto table = image ? GoTable::find(*image) : std::nullopt;
  return table ? table->find_functions(kWanted) : std::vector<GoFunction>();
}

struct LayoutCase {
  const char* name;
  std::uint32_t magic;
  bool is_relocated;
};
void PrintTo(const LayoutCase& row, std::ostream* out) { *out << row.name; }

class GoLayoutTest : public ::testing::TestWithParam<LayoutCase> {};

TEST_P(GoLayoutTest, FindsFunctionsByExactName) {
  GoImageSpec spec = go_program();
  spec.magic = GetParam().magic;
  spec.is_relocated = GetParam().is_relocated;
  const std::uint64_t size = spec.functions.front().second.size();

  const auto found = functions_of(build_go_image(spec));

  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].name, "crypto/tls.(*Conn).Write");
  EXPECT_EQ(found[0].address, kGoCodeAddress + 3 * size);
  EXPECT_EQ(found[0].size_bytes, size);
  EXPECT_EQ(found[1].name, "crypto/tls.(*Conn).Read");
  EXPECT_EQ(found[1].address, kGoCodeAddress + 4 * size);
}

INSTANTIATE_TEST_SUITE_P(Layouts, GoLayoutTest,
                         ::testing::Values(LayoutCase{"Go117", testing::kGoTable116, false},
                                           LayoutCase{"Go118", testing::kGoTable118, false},
                                           LayoutCase{"Go120", testing::kGoTable120, false},
                                           LayoutCase{"Go118Relocated", testing::kGoTable118, true},
                                           LayoutCase{"Go120Relocated", testing::kGoTable120,
                                                      true}),
                         [](const auto& test) { return test.param.name; });

// A 64-bit word of the table's header.
void set_word(std::string& file, std::size_t index, std::uint64_t value) {
  std::memcpy(file.data() + kGoTableOffset + 8 + index * 8, &value, sizeof(value));
}

struct LieCase {
  const char* name;
  std::function<void(std::string&)> tell;
};
void PrintTo(const LieCase& row, std::ostream* out) { *out << row.name; }

class GoLieTest : public ::testing::TestWithParam<LieCase> {};

TEST_P(GoLieTest, FindsNothing) {
  std::string file = build_go_image(go_program());
  ASSERT_EQ(functions_of(file).size(), 2U);
  GetParam().tell(file);

  EXPECT_TRUE(functions_of(file).empty());
}

INSTANTIATE_TEST_SUITE_P(
    Header, GoLieTest,
    ::testing::Values(
        LieCase{"UnknownMagic", [](std::string& f) { f[kGoTableOffset] = '\x70'; }},
        LieCase{"PointersOf32Bits", [](std::string& f) { f[kGoTableOffset + 7] = 4; }},
        LieCase{"NoFunctions", [](std::string& f) { set_word(f, 0, 0); }},
        LieCase{"MoreFunctionsThanBytes", [](std::string& f) { set_word(f, 0, 2000); }},
        LieCase{"CountThatWraps", [](std::string& f) { set_word(f, 0, ~0ULL); }},
        LieCase{"NoTextStart", [](std::string& f) { set_word(f, 2, 0); }},
        LieCase{"NamesOutside", [](std::string& f) { set_word(f, 3, 1 << 20); }},
        LieCase{"NamesElsewhere", [](std::string& f) { set_word(f, 3, 0); }},
        LieCase{"FunctionsOutside", [](std::string& f) { set_word(f, 7, ~0ULL); }}),
    [](const auto& test) { return test.param.name; });

TEST(GoTableTest, TakesNoFunctionThatEndsBeforeItBegins) {
  GoImageSpec spec = go_program();
  spec.functions[3].second.clear();  // Write is empty: the next begins where it does

  const auto found = functions_of(build_go_image(spec));

  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].name, "crypto/tls.(*Conn).Read");
}

TEST(GoTableTest, ReadsNothingBehindATruncatedFile) {
  const std::string file = build_go_image(go_program());

  for (std::size_t size = 0; size < file.size(); size += 7) {
    EXPECT_TRUE(functions_of(file.substr(0, size)).empty()) << size;
  }
}

}  // namespace
}  // namespace scopetrace
