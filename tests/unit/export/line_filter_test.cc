// SPDX-License-Identifier: Apache-2.0
#include "userspace/export/line_filter.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/export/made_line.h"

namespace scopetrace {
namespace {

constexpr const char* kSession =
    R"({"type":"session","time":"2026-09-21T14:13:20.000000000Z","third_parties":["*.pay.example"]})"
    "\n";

LineFilter filter_for(std::string_view profile) {
  auto filter = LineFilter::make(find_export_profile(profile).value());
  ST_CHECK(filter.has_value());
  filter->apply(kSession, Json::parse(kSession));
  return *std::move(filter);
}

std::optional<ExportLine> applied(LineFilter& filter, const std::string& line) {
  return filter.apply(line, Json::parse(line, nullptr, false));
}

// What is left of a line; empty when it does not leave.
std::string left_of(std::string_view profile, const std::string& line) {
  LineFilter filter = filter_for(profile);
  const auto out = applied(filter, line);
  return out ? out->text : "";
}

std::string http_line(const std::string& request) {
  return R"({"type":"http","n":1,"time":"2026-09-21T14:13:21.500000000Z","tgid":1,"tid":1,"request":{)" +
         request + "}}\n";
}

TEST(LineFilterTest, KeepsEveryLineForResponders) {
  for (const LineRules& rules : all_line_rules()) {
    const std::string line = made_line(rules);
    LineFilter filter = filter_for("responder");
    const auto out = applied(filter, line);
    ASSERT_TRUE(out.has_value()) << rules.type;
    EXPECT_EQ(out->text, line);
    EXPECT_FALSE(out->is_derived);
  }
}

TEST(LineFilterTest, DropsWhatAProfileDropsAndKeepsTheRest) {
  for (const ExportProfile& profile : export_profiles()) {
    for (const LineRules& rules : all_line_rules()) {
      const std::string left = left_of(profile.name, made_line(rules));
      EXPECT_EQ(left.empty(), profile.drops(rules.type)) << profile.name << " " << rules.type;
      for (const FieldRule& rule : rules.fields) {
        const FieldAction action = profile.action(rule.kind);
        const bool must_go = action == FieldAction::kDrop || profile.drops(rules.type);
        const bool must_stay =
            !must_go && (action == FieldAction::kKeep || action == FieldAction::kWord);
        const bool is_there = left.find(marker(rule.path)) != std::string::npos;
        if (must_go || must_stay) {
          EXPECT_EQ(is_there, must_stay) << profile.name << " " << rules.type << " " << rule.path;
        }
      }
    }
  }
}

TEST(LineFilterTest, TakesOutWhatNoRuleKnows) {
  for (const ExportProfile& profile : export_profiles()) {
    LineFilter filter = filter_for(profile.name);
    const auto out = applied(
        filter,
        http_line(R"("method":"GET","planted":"a","headers":[{"name":"x","planted":["b"]}])"));
    ASSERT_TRUE(out.has_value());
    EXPECT_EQ(out->text.find("planted"), std::string::npos) << out->text;
    EXPECT_TRUE(out->is_derived);
    EXPECT_GE(filter.unknown_members(), 1U);
    EXPECT_FALSE(applied(filter, "{\"type\":\"secret\",\"n\":2}\n").has_value());
    EXPECT_FALSE(applied(filter, "{\"n\":2}\n").has_value());
    EXPECT_FALSE(applied(filter, "[1]\n").has_value());
    EXPECT_FALSE(applied(filter, "no JSON\n").has_value());
    EXPECT_EQ(filter.unknown_lines(), 4U);
  }
}

TEST(LineFilterTest, TakesOutWhatHasAnotherForm) {
  const std::string left = left_of(
      "responder", http_line(R"("method":{"planted":1},"headers":"planted","body":["planted"])"));
  EXPECT_EQ(left.find("planted"), std::string::npos) << left;
}

TEST(LineFilterTest, AMemberThatStandsTwiceDoesNotHideBehindTheOther) {
  const std::string left = left_of("responder", http_line(R"("method":"planted","method":"GET")"));
  const bool both = left.find("planted") != left.npos && left.find("GET") != left.npos;
  EXPECT_FALSE(both) << left;
  EXPECT_NE(left.find("\"derived\":true"), left.npos);
}

TEST(LineFilterTest, NobodyElseCanMarkALineAsDerived) {
  const std::string line = "{\"type\":\"gap\",\"n\":1,\"derived\":false}\n";
  EXPECT_EQ(left_of("responder", line), "{\"type\":\"gap\",\"n\":1,\"derived\":true}\n");
}

TEST(LineFilterTest, RedactsAgainByTheProfilesRules) {
  const std::string card = std::string("4111 1111 1111 ") + "1111";
  const std::string line = http_line(R"("method":"POST","body":{"text":"card )" + card + R"("})");
  for (const char* profile : {"vendor", "pci", "hipaa", "metadata"}) {
    EXPECT_EQ(left_of(profile, line).find(card), std::string::npos) << profile;
  }
  EXPECT_NE(left_of("pci", line).find("[REDACTED:"), std::string::npos);
}

TEST(LineFilterTest, LeavesPlaceholdersAsTheyAre) {
  const std::string body = R"("body":{"text":"a [REDACTED:email:8899aabbccddeeff] b"})";
  EXPECT_NE(left_of("vendor", http_line(body)).find("a [REDACTED:email:8899aabbccddeeff] b"),
            std::string::npos);
}

TEST(LineFilterTest, MetadataTellsPathsAsTemplates) {
  const std::string left = left_of("metadata", http_line(R"("target":"/v1/users/77?q=planted")"));
  EXPECT_NE(left.find(R"("target":"/v1/users/{}")"), std::string::npos) << left;
}

TEST(LineFilterTest, HipaaTellsTimesSinceTheStartAndApprovedNamesOnly) {
  const std::string known = left_of("hipaa", http_line(R"("host":"ward7.pay.example:8443")"));
  EXPECT_NE(known.find(R"("host":"*.pay.example")"), std::string::npos) << known;
  EXPECT_NE(known.find(R"("time":"1970-01-01T00:00:01.500000000Z")"), std::string::npos) << known;
  EXPECT_EQ(left_of("hipaa", http_line(R"("host":"other.example")")).find("other"),
            std::string::npos);
}

TEST(LineFilterTest, WordsAreShortAndPlain) {
  const std::string long_word(200, 'a');
  EXPECT_EQ(left_of("vendor", http_line(R"("method":")" + long_word + "\"")).find("aaa"),
            std::string::npos);
  EXPECT_EQ(left_of("vendor", http_line(R"("method":"a@b")")).find("a@b"), std::string::npos);
  EXPECT_NE(left_of("vendor", http_line(R"("method":"GET")")).find("GET"), std::string::npos);
}

}  // namespace
}  // namespace scopetrace
