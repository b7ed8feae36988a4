// SPDX-License-Identifier: Apache-2.0
#include "scopes/flags.h"

#include <gtest/gtest.h>

#include "tests/unit/scopes/scratch.h"

namespace scopetrace {
namespace {

std::string flag_file(const std::string& flag) {
  return R"({"$schema":"https://flagd.dev/schema/v0/flags.json","flags":{"api.example":)" + flag +
         "}}";
}

TEST(FlagsTest, ReadsWhatFlagdReads) {
  const auto flags = parse_flags(
      R"({"flags":{"*.corp.example":{"state":"DISABLED","variants":{"a":"shape"},"defaultVariant":"a"},
          "api.example":{"state":"ENABLED","variants":{"a":"off","b":"headers"},"defaultVariant":"b",
          "targeting":{}}}})");

  ASSERT_TRUE(flags) << flags.error().message();
  const std::vector<CaptureFlag> wanted = {{"*.corp.example", std::nullopt},
                                           {"api.example", Level::kHeaders}};
  EXPECT_EQ(flags->flags, wanted);
}

TEST(FlagsTest, RefusesWhatItDoesNotUnderstand) {
  const char* const bad[] = {
      R"({"state":"ENABLED","variants":{"a":"off"}})",
      R"({"state":"ENABLED","variants":{"a":"off"},"defaultVariant":"b"})",
      R"({"state":"ENABLED","variants":{"a":"off"},"defaultVariant":null})",
      R"({"state":"enabled","variants":{"a":"off"},"defaultVariant":"a"})",
      R"({"variants":{"a":"off"},"defaultVariant":"a"})",
      R"({"state":"ENABLED","variants":{"a":"everything"},"defaultVariant":"a"})",
      R"({"state":"ENABLED","variants":{"a":"off","b":true},"defaultVariant":"a"})",
      R"({"state":"ENABLED","variants":{},"defaultVariant":"a"})",
      R"({"state":"ENABLED","variants":{"a":"off"},"defaultVariant":"a","targeting":{"if":[true,"a"]}})",
      R"({"state":"ENABLED","variants":{"a":"off"},"defaultVariant":"a","level":"shape"})",
      R"("off")",
      "3",
      "null"};
  ASSERT_TRUE(
      parse_flags(flag_file(R"({"state":"ENABLED","variants":{"a":"off"},"defaultVariant":"a"})")));
  for (const char* flag : bad) EXPECT_FALSE(parse_flags(flag_file(flag))) << flag;
  for (const char* file : {"", "{", "[]", "{}", R"({"flags":[]})", R"({"flags":{},"x":1})",
                           R"({"flags":{"any":{}}})", R"({"flags":{"a b":{}}})"}) {
    EXPECT_FALSE(parse_flags(file)) << file;
  }
}

TEST(FlagsTest, RefusesAThirdPartyThatIsNamedTwice) {
  const std::string off = R"({"state":"ENABLED","variants":{"a":"off"},"defaultVariant":"a"})";
  const std::string on = R"({"state":"ENABLED","variants":{"a":"shape"},"defaultVariant":"a"})";

  const auto flags =
      parse_flags(R"({"flags":{"a.example":)" + off + R"(,"a.example":)" + on + "}}");

  ASSERT_FALSE(flags);
  EXPECT_EQ(flags.error().message(), "flags: has the key 'a.example' twice in one object");
}

TEST(FlagsTest, TurnsEverythingOffWhenTheFileIsBad) {
  const ScratchFolder scratch;
  EXPECT_EQ(read_flags(scratch.file("flags.json")), CaptureFlags()) << "no file, no flags";

  scratch.write("flags.json", "{");

  const CaptureFlags flags = read_flags(scratch.file("flags.json"));
  EXPECT_TRUE(flags.is_all_off);
  EXPECT_FALSE(flags.problem.empty());
}

}  // namespace
}  // namespace scopetrace
