// SPDX-License-Identifier: Apache-2.0
// What can be done to an export by whoever holds it, and by whoever makes and signs it. The second
// holds the exporter's key: only what the host signed stops them.
#include <gtest/gtest.h>

#include <ostream>

#include "tests/forgery/export_case.h"

namespace scopetrace {
namespace {

struct Forgery {
  const char* name;
  std::function<void(ExportCase&)> forge;
};
void PrintTo(const Forgery& row, std::ostream* out) { *out << row.name; }

// Changes text in the lines of an export.
auto edit_lines(const char* from, const char* to) {
  return [=](ExportCase& c) {
    std::string text = c.lines_text();
    const std::size_t at = text.find(from);
    ST_CHECK(at != std::string::npos);
    c.put_lines(text.replace(at, std::string_view(from).size(), to));
  };
}
std::string without_line(const std::string& text, std::size_t index) {
  std::size_t at = 0;
  while (index-- > 0) at = text.find('\n', at) + 1;
  return std::string(text).erase(at, text.find('\n', at) + 1 - at);
}

// By whoever makes the export: all of it is signed anew afterwards.
const Forgery kSigned[] = {
    {"KeptLineEdited", edit_lines("\"n\":1,", "\"n\":9,")},
    {"DerivedLineWithoutItsMark", edit_lines(",\"derived\":true", "")},
    {"LineZeroEdited", edit_lines("prod-pay-07", "prod-pay-08")},
    {"LineDropped", [](ExportCase& c) { c.put_lines(without_line(c.lines_text(), 2)); }},
    {"LineAdded", [](ExportCase& c) { c.put_lines(c.lines_text() + "{\"n\":9}\n"); }},
    {"LineWithoutEnd",
     [](ExportCase& c) {
       std::string text = c.lines_text();
       text.pop_back();
       c.put_lines(text);
     }},
    {"LinesThatAreNoFrame", [](ExportCase& c) { c.put("lines.jsonl.zst", "lines"); }},
    {"LinesDropped", [](ExportCase& c) { std::filesystem::remove(c.path() + "/lines.jsonl.zst"); }},
    {"SaltEdited",
     [](ExportCase& c) {
       const std::size_t at = c.read("proof.jsonl").find("\"salt\":\"") + 8;
       std::string proof = c.read("proof.jsonl");
       proof[at] = proof[at] == '0' ? '1' : '0';
       c.put("proof.jsonl", proof);
     }},
    {"EntryDropped",
     [](ExportCase& c) { c.put("proof.jsonl", without_line(c.read("proof.jsonl"), 0)); }},
    {"EntryTwice",
     [](ExportCase& c) {
       const std::string proof = c.read("proof.jsonl");
       c.put("proof.jsonl", proof.substr(0, proof.find('\n') + 1) + proof);
     }},
    {"LastEntryDropped",
     [](ExportCase& c) {
       std::string proof = c.read("proof.jsonl");
       proof.pop_back();
       c.put("proof.jsonl", proof.substr(0, proof.rfind('\n') + 1));
     }},
    {"NothingProved", [](ExportCase& c) { c.put("proof.jsonl", ""); }},
    {"ProofThatIsNone", [](ExportCase& c) { c.put("proof.jsonl", "proof\n"); }},
    {"KeptPassedOffAsDerived",
     [](ExportCase& c) { c.edit("proof.jsonl", "{\"kept\":1,", "{\"derived\":1,"); }},
    {"FinalNoteEdited", [](ExportCase& c) { c.edit("final-note", "lines: 6", "lines: 5"); }},
    {"FinalNoteOfAnotherBundle",
     [](ExportCase& c) {
       ExportCase other;
       other.fixture.host = SigningKey::parse(c.fixture.host.to_openssh("")).value();
       other.bundle = other.fixture.short_bundle(other.fixture.keys,
                                                 std::vector<std::string>(5, "{\"n\":0}\n"));
       other.write();
       c.put("final-note", other.read("final-note"));
     }},
    {"SessionEdited", [](ExportCase& c) { c.edit("session", "production", "developing"); }},
    {"ApprovalEdited", [](ExportCase& c) { c.edit("approval", "max-seconds", "min-seconds"); }},
    {"ApprovalDropped", [](ExportCase& c) { std::filesystem::remove(c.path() + "/approval"); }},
    {"MoreKeptThanThereAre", [](ExportCase& c) { ++c.manifest.kept; }},
    {"FewerLinesThanThereWere", [](ExportCase& c) { --c.manifest.lines; }},
    {"AnotherSession",
     [](ExportCase& c) { c.manifest.session = "0192f3c4-7a10-7c3e-9d55-000000000000"; }},
    {"AnotherHost", [](ExportCase& c) { c.manifest.host = "prod-pay-08"; }},
};

// By whoever holds it: the signature stays what it was.
const Forgery kHeld[] = {
    {"LinesEdited", edit_lines("\"n\":1,", "\"n\":9,")},
    {"FileDropped", [](ExportCase& c) { std::filesystem::remove(c.path() + "/proof.jsonl"); }},
    {"FileAdded", [](ExportCase& c) { c.put("more.csv", "a"); }},
    {"FileReplacedByALink",
     [](ExportCase& c) {
       std::filesystem::rename(c.path() + "/proof.jsonl", c.path() + "/../proof");
       std::filesystem::create_symlink("../proof", c.path() + "/proof.jsonl");
     }},
    {"ManifestEdited", [](ExportCase& c) { c.edit("manifest", "withheld: ", "withheld: 1"); }},
    {"ProfileEdited", [](ExportCase& c) { c.edit("manifest", "responder", "metadatas"); }},
    {"SignatureDropped",
     [](ExportCase& c) {
       const std::string text = c.read("manifest");
       c.put("manifest", text.substr(0, text.find("\n\n") + 1));
     }},
    {"TextBehindTheSignature",
     [](ExportCase& c) { c.put("manifest", c.read("manifest") + "x\n"); }},
};

class ExportForgeryTest : public testing::TestWithParam<Forgery> {
 protected:
  void SetUp() override {
    case_.write();
    const ExportReport report = case_.verify();
    ASSERT_EQ(verdict_name(report.verdict), "COMPLETE") << report.reasons.front();
    ASSERT_EQ(report.manifest.kept, 4U);  // line 0 and three exchanges, one of which is derived
  }
  ExportCase case_;
};

TEST_P(ExportForgeryTest, IsTampered) {
  GetParam().forge(case_);
  EXPECT_EQ(verdict_name(case_.verify().verdict), "TAMPERED");
}

const auto name_of = [](const auto& row) { return std::string(row.param.name); };
INSTANTIATE_TEST_SUITE_P(Held, ExportForgeryTest, testing::ValuesIn(kHeld), name_of);

class SignedForgeryTest : public ExportForgeryTest {};
TEST_P(SignedForgeryTest, IsTampered) {
  GetParam().forge(case_);
  case_.sign();
  EXPECT_EQ(verdict_name(case_.verify().verdict), "TAMPERED");
}
INSTANTIATE_TEST_SUITE_P(Signed, SignedForgeryTest, testing::ValuesIn(kSigned), name_of);

TEST(ExportTrustTest, AnExporterWhoIsNotTrustedIsUntrusted) {
  ExportCase c;
  c.write();
  c.exporter_key = SigningKey::generate();
  EXPECT_EQ(c.verify().verdict, Verdict::kUntrusted);
}

TEST(ExportTrustTest, SomebodyElsesNameIsUntrusted) {
  ExportCase c;
  c.write();
  c.manifest.exporter = "dave@corp.example";
  c.sign();
  EXPECT_EQ(c.verify().verdict, Verdict::kUntrusted);
}

TEST(ExportTrustTest, AHostThatIsNotTrustedMakesItUntrusted) {
  ExportCase c;
  c.write();
  c.fixture.host = SigningKey::generate();
  EXPECT_EQ(c.verify().verdict, Verdict::kUntrusted);
}

TEST(ExportTrustTest, AnApprovalThatNobodyGaveMakesItUntrusted) {
  ExportCase c;
  c.write();
  c.fixture.approver = SigningKey::generate();  // not who signed
  EXPECT_EQ(c.verify().verdict, Verdict::kUntrusted);
}

TEST(ExportSecrecyTest, NothingOfWithheldLinesIsInTheFolder) {
  ExportCase c;
  c.write();
  const std::string salt = to_hex(c.fixture.start().leaf_salt);
  for (const auto& entry : std::filesystem::directory_iterator(c.path())) {
    std::string text = c.read(entry.path().filename());
    if (entry.path().filename() == "lines.jsonl.zst") text = c.lines_text();
    for (const std::string& secret :
         {std::string("other.example"), std::string("planted"), std::string("secret"), salt}) {
      EXPECT_EQ(text.find(secret), std::string::npos) << entry.path() << " has " << secret;
    }
  }
}

TEST(ExportSecrecyTest, WhoGetsADerivedLineZeroGetsNoDigestOfTheWholeOne) {
  ExportCase c;
  c.profile = "vendor";
  c.write();
  EXPECT_EQ(verdict_name(c.verify().verdict), "COMPLETE");
  EXPECT_FALSE(std::filesystem::exists(c.path() + "/session"));
  EXPECT_FALSE(std::filesystem::exists(c.path() + "/approval"));
  EXPECT_EQ(c.lines_text().find("prod-pay-07"), std::string::npos);
}

}  // namespace
}  // namespace scopetrace
