// SPDX-License-Identifier: Apache-2.0
#include "tests/support/planted_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zstd.h>

#include <filesystem>

#include "userspace/base/file.h"

namespace scopetrace::testing {
namespace {

// A value with characters that each encoding treats in its own way.
const Planted kPlanted = {"api_key", "wh/Q+9 zTk~51?ux=Lm"};

struct FormCase {
  const char* name;
  std::string haystack;
  const char* form;  // that must be reported; empty when nothing may be found
};

class PlantedSearchTest : public ::testing::TestWithParam<FormCase> {};

TEST_P(PlantedSearchTest, ReportsForm) {
  const std::string haystack = "head " + GetParam().haystack + " tail";

  const std::vector<Hit> hits = search_bytes(make_needles({kPlanted}), as_bytes(haystack));

  const std::string form = hits.empty() ? "" : hits.front().form;
  EXPECT_EQ(form, GetParam().form);
}

std::string base64_after(std::string_view before) {
  return to_base64(as_bytes(std::string(before) + kPlanted.value + "!!"));
}

INSTANTIATE_TEST_SUITE_P(
    Forms, PlantedSearchTest,
    ::testing::Values(FormCase{"Raw", kPlanted.value, "raw"},
                      FormCase{"LastByteMissing",
                               kPlanted.value.substr(0, kPlanted.value.size() - 1), ""},
                      FormCase{"JsonSlash", "wh\\/Q+9 zTk~51?ux=Lm", "json with slashes"},
                      FormCase{"PercentUpper", "wh%2FQ%2B9%20zTk~51%3Fux%3DLm", "percent"},
                      FormCase{"PercentLower", "wh%2fQ%2b9%20zTk~51%3fux%3dLm", "percent"},
                      FormCase{"Form", "wh%2FQ%2B9+zTk~51%3Fux%3DLm", "form"},
                      FormCase{"Hex", to_hex(as_bytes(kPlanted.value)), "hex"},
                      FormCase{"Base64Aligned", base64_after(""), "base64"},
                      FormCase{"Base64OneByteIn", base64_after("x"), "base64"},
                      FormCase{"Base64TwoBytesIn", base64_after("xy"), "base64"},
                      FormCase{"OtherText", "nothing to see here", ""}),
    [](const auto& test) { return test.param.name; });

TEST(PlantedSearchDigitsTest, FindsGroupedNumberWithoutGroups) {
  const std::vector<Needle> needles = make_needles({{"pan", "1234 5678 9012 3456"}});

  EXPECT_THAT(search_bytes(needles, as_bytes("n=1234567890123456;")), ::testing::SizeIs(1));
}

class PlantedFileTest : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }

  static std::string compress(std::string_view text) {
    std::string out(ZSTD_compressBound(text.size()), '\0');
    out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
    return out;
  }

  const std::string path_ = ::testing::TempDir() + "planted_search_file";
};

TEST_F(PlantedFileTest, LooksBehindSkippableFrameIntoLaterFrames) {
  const std::string skippable("\x51\x2A\x4D\x18\x03\0\0\0abc", 11);
  ASSERT_TRUE(write_file_atomically(
      path_, compress("first\n") + skippable + compress("then " + kPlanted.value), 0600));

  const auto search = search_file(make_needles({kPlanted}), path_);

  ASSERT_TRUE(search);
  EXPECT_THAT(search->decompressed, ::testing::SizeIs(1));
  EXPECT_EQ(search->decompressed_bytes, 6 + 5 + kPlanted.value.size());
}

TEST_F(PlantedFileTest, LooksIntoSkippableFrameItself) {
  const std::string header = {
      '\x51', '\x2A', '\x4D', '\x18', static_cast<char>(kPlanted.value.size()), 0, 0, 0};
  ASSERT_TRUE(write_file_atomically(path_, compress("a") + header + kPlanted.value, 0600));

  const auto search = search_file(make_needles({kPlanted}), path_);

  ASSERT_TRUE(search);
  EXPECT_THAT(search->raw, ::testing::SizeIs(1));
}

TEST_F(PlantedFileTest, SearchesFileThatEndsInsideFrame) {
  const std::string whole = compress(kPlanted.value + std::string(100000, 'x'));
  ASSERT_TRUE(write_file_atomically(path_, whole.substr(0, whole.size() - 4), 0600));

  EXPECT_TRUE(search_file(make_needles({kPlanted}), path_));
}

}  // namespace
}  // namespace scopetrace::testing
