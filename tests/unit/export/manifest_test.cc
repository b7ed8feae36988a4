// SPDX-License-Identifier: Apache-2.0
#include "userspace/export/manifest.h"

#include <gtest/gtest.h>

namespace scopetrace {
namespace {

ExportManifest sample() {
  ExportManifest manifest;
  manifest.session = "0192f3c4-7a10-7c3e-9d55-2f1e6a7b8c9e";
  manifest.host = "prod-pay-07";
  manifest.verdict = "COMPLETE";
  manifest.anchored = "none";
  manifest.time_s = 1'790'000'000;
  manifest.exporter = "carol@corp.example";
  manifest.profile = "vendor";
  manifest.third_party = "api.stripe.com";
  manifest.lines = 20;
  manifest.kept = 5;
  manifest.derived = 4;
  manifest.withheld = 11;
  manifest.files = {{"VERIFY.txt", Digest{}}, {"http.csv", Digest{}}};
  return manifest;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  ST_CHECK(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

TEST(ManifestTest, ReadsWhatItWrites) {
  const std::string body = format_manifest(sample());
  const auto read = parse_manifest(body);
  ASSERT_TRUE(read.has_value()) << read.error().message();
  EXPECT_EQ(format_manifest(*read), body);
  EXPECT_EQ(read->files.size(), 2U);
}

TEST(ManifestTest, RefusesWhatItWouldNotWrite) {
  const std::string body = format_manifest(sample());
  const std::string zeros = format_digest(Digest{});
  for (const std::string& wrong :
       {replaced(body, "http.csv", "../http.csv"), replaced(body, "http.csv", "VERIFY.txt"),
        replaced(body, "http.csv", ".http"), replaced(body, "http.csv", ""),
        replaced(body, "kept: 5", "kept: 05"), replaced(body, "export v1", "export v2"),
        replaced(body, zeros, "sha256:00"), body + "more: 1\n",
        body.substr(0, body.find("file: "))}) {
    EXPECT_FALSE(parse_manifest(wrong).has_value()) << wrong;
  }
}

}  // namespace
}  // namespace scopetrace
