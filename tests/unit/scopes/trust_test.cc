// SPDX-License-Identifier: Apache-2.0
#include "scopes/trust.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/scopes/scratch.h"

namespace scopetrace {
namespace {

struct LineCase {
  const char* name;
  const char* before_key;
};
class TrustLineTest : public testing::TestWithParam<LineCase> {};

TEST_P(TrustLineTest, SpoilsTheWholeFile) {
  const std::string key = SigningKey::generate().public_key().line();
  const std::string good = "alice namespaces=\"approval@scopetrace\" " + key + "\n";
  ASSERT_TRUE(TrustFile::parse(good));

  EXPECT_FALSE(TrustFile::parse(good + GetParam().before_key + key + "\n"));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, TrustLineTest,
    testing::Values(
        LineCase{"Garbage", "garbage"}, LineCase{"NoNamespaces", "bob "},
        LineCase{"WildcardPrincipal", "*@corp namespaces=\"a@b\" "},
        LineCase{"NegatedPrincipal", "!bob namespaces=\"a@b\" "},
        LineCase{"WildcardNamespace", "bob namespaces=\"*\" "},
        LineCase{"LocalTime", "bob namespaces=\"a@b\",valid-before=\"20270101\" "},
        LineCase{"ImpossibleDate", "bob namespaces=\"a@b\",valid-before=\"20270231Z\" "},
        LineCase{"AuthorityForAnyNamespace", "bob cert-authority "},
        LineCase{"AuthorityForAnyPrincipal", "* cert-authority,namespaces=\"a@b\" "},
        LineCase{"AuthorityTwice", "bob cert-authority,cert-authority,namespaces=\"a@b\" "},
        LineCase{"AuthorityWithValue", "bob cert-authority=\"yes\",namespaces=\"a@b\" "},
        LineCase{"UnknownOption", "bob namespaces=\"a@b\",more=\"1\" "},
        LineCase{"OpenQuote", "bob namespaces=\"a@b "},
        LineCase{"RepeatedOption", "bob namespaces=\"a@b\",namespaces=\"c@d\" "}),
    [](const auto& test) { return test.param.name; });

TEST(TrustFileTest, ReadsTheLineItWrites) {
  const TrustLine line{{"alice"},
                       {"approval@scopetrace"},
                       1'700'000'000,
                       1'900'000'000,
                       SigningKey::generate().public_key(),
                       "laptop",
                       true};

  const auto file = TrustFile::parse(format_trust_line(line) + "\n");

  ASSERT_TRUE(file) << file.error().message();
  ASSERT_EQ(file->lines().size(), 1U);
  EXPECT_EQ(format_trust_line(file->lines()[0]), format_trust_line(line));
}

TEST(TrustPathTest, AcceptsOwnFileAndRefusesOthersWriting) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root: files must belong to it";
  const ScratchFolder scratch;
  const std::string path = scratch.file("signers");
  scratch.write("signers", "");
  ASSERT_EQ(::chmod(path.c_str(), 0644), 0);

  EXPECT_TRUE(check_trust_path(path, TrustPathRule::kCapture, scratch.path()));
  EXPECT_FALSE(check_trust_path(path, TrustPathRule::kCapture)) << "/tmp is writable by others";
  ASSERT_EQ(::chmod(path.c_str(), 0666), 0);
  EXPECT_FALSE(check_trust_path(path, TrustPathRule::kCapture, scratch.path()));
  EXPECT_FALSE(check_trust_path(path, TrustPathRule::kVerify));
}

TEST(TrustPathTest, RefusesLinks) {
  const ScratchFolder scratch;
  scratch.write("real", "");
  ASSERT_EQ(::symlink(scratch.file("real").c_str(), scratch.file("link").c_str()), 0);

  EXPECT_FALSE(check_trust_path(scratch.file("link"), TrustPathRule::kVerify));
}

}  // namespace
}  // namespace scopetrace
