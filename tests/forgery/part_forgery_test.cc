// SPDX-License-Identifier: Apache-2.0
// What can be done to the parts of a rotated capture by somebody who holds the files, each with its
// verdict. Inside a part everything is as in bundle_forgery_test.cc.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <ostream>

#include "tests/support/bundle_fixture.h"
#include "userspace/bundle/part_chain.h"

namespace scopetrace {
namespace {

constexpr const char* kOtherSession = "0192f3c4-7a10-7c3e-9d55-2f1e6a7b8c9f";

std::string name_of(std::uint32_t part) { return "cap.000" + std::to_string(part) + ".jsonl.zst"; }

// The files of one capture of four parts, and those of another one of the same host.
struct Files {
  std::map<std::string, ByteVector> there;
  std::vector<ByteVector> other;

  void drop(std::uint32_t part) { there.erase(name_of(part)); }
  void copy(std::uint32_t from, std::uint32_t to) { there[name_of(to)] = there[name_of(from)]; }
  void swap(std::uint32_t a, std::uint32_t b) { std::swap(there[name_of(a)], there[name_of(b)]); }
  void cut(std::uint32_t part) {
    ByteVector& bytes = there[name_of(part)];
    bytes.resize(bytes.size() - 300);
  }
};

struct PartForgery {
  const char* name;
  std::function<void(Files&)> forge;
  Verdict verdict;
};
void PrintTo(const PartForgery& row, std::ostream* out) { *out << row.name; }

const PartForgery kPartForgeries[] = {
    {"FirstPartMissing", [](Files& f) { f.drop(1); }, Verdict::kIncomplete},
    {"MiddlePartMissing", [](Files& f) { f.drop(2); }, Verdict::kIncomplete},
    {"LastPartMissing", [](Files& f) { f.drop(4); }, Verdict::kIncomplete},
    {"TwoPartsSwapped", [](Files& f) { f.swap(2, 3); }, Verdict::kTampered},
    {"PartRepeatedInPlaceOfTheNext", [](Files& f) { f.copy(2, 3); }, Verdict::kTampered},
    {"PartRepeatedBehindTheLast", [](Files& f) { f.copy(4, 5); }, Verdict::kTampered},
    {"PartOfAnotherCapture", [](Files& f) { f.there[name_of(2)] = f.other[1]; },
     Verdict::kTampered},
    {"LastPartOfAnotherCapture", [](Files& f) { f.there[name_of(4)] = f.other[3]; },
     Verdict::kTampered},
    {"FirstPartOfAnotherCapture", [](Files& f) { f.there[name_of(1)] = f.other[0]; },
     Verdict::kTampered},
    {"EndOfAPartCutOff", [](Files& f) { f.cut(2); }, Verdict::kIncomplete},
    {"EndOfTheLastPartCutOff", [](Files& f) { f.cut(4); }, Verdict::kIncomplete},
    {"StartOfTheLastPartCutOff", [](Files& f) { f.there[name_of(4)].resize(100); },
     Verdict::kIncomplete},
    {"StartOfAllButOnePartCutOff",
     [](Files& f) {
       for (std::uint32_t part = 1; part < 4; ++part) f.there[name_of(part)].resize(100);
     },
     Verdict::kIncomplete},
    {"LaterPartRenumbered",
     [](Files& f) {
       f.drop(2);
       f.swap(3, 2);
       f.drop(3);
       f.swap(4, 3);
       f.drop(4);
     },
     Verdict::kTampered},
};

class PartForgeryTest : public ::testing::TestWithParam<PartForgery> {
 protected:
  PartForgeryTest() {
    const auto parts = fixture_.parts(4);
    for (std::uint32_t i = 0; i < parts.size(); ++i) files_.there[name_of(i + 1)] = parts[i];
    files_.other = fixture_.parts(4, kOtherSession);
  }

  // The verdict on everything that is there; the worst of all sets and files.
  Verdict judge(const LedgerSeals* ledger = nullptr) const {
    std::vector<PartFile> files;
    Verdict worst = Verdict::kComplete;
    for (const auto& [path, bytes] : files_.there) {
      files.push_back({path, fixture_.verify(bytes)});
      worst = std::max(worst, files.back().report.verdict);
    }
    for (const ChainReport& chain : judge_chains(files, ledger)) {
      worst = std::max(worst, chain.verdict);
    }
    return worst;
  }

  BundleFixture fixture_;
  Files files_;
};

TEST_P(PartForgeryTest, GetsItsVerdict) {
  ASSERT_EQ(judge(), Verdict::kComplete);

  GetParam().forge(files_);

  EXPECT_EQ(verdict_name(judge()), verdict_name(GetParam().verdict));
}

INSTANTIATE_TEST_SUITE_P(Parts, PartForgeryTest, ::testing::ValuesIn(kPartForgeries),
                         [](const auto& row) { return std::string(row.param.name); });

using PartChainTest = PartForgeryTest;

TEST_F(PartChainTest, FindsPartsThatWereRenamedByTheirSession) {
  files_.there = {{"b", files_.there[name_of(1)]}, {"a", files_.there[name_of(3)]}};

  EXPECT_EQ(judge(), Verdict::kIncomplete);
}

TEST_F(PartChainTest, LeavesOnePartAlone) {
  files_.there = {{name_of(2), files_.there[name_of(2)]}};

  EXPECT_EQ(judge(), Verdict::kComplete);
}

TEST_F(PartChainTest, LeavesBundlesAloneThatWereNeverRotated) {
  files_.there = {{"cap.0001.jsonl.zst", fixture_.bundle()},
                  {"cap.0007.jsonl.zst", fixture_.bundle()}};

  EXPECT_EQ(judge(), Verdict::kComplete);
}

TEST_F(PartChainTest, CallsPartsThatTheLedgerKnowsAndThatAreNotThereRollback) {
  LedgerSeals ledger;
  const std::string session = fixture_.start().facts.session;
  ledger.heads[{session, 5}][1] = Digest{};
  ASSERT_EQ(judge(), Verdict::kComplete);

  EXPECT_EQ(judge(&ledger), Verdict::kRollback);
}

TEST_F(PartChainTest, RefusesAPartThatNamesNothingBeforeIt) {
  BundleStart start = fixture_.start();
  start.facts.part = 2;
  MemorySink sink;
  BundleWriter writer(sink, fixture_.signer, fixture_.keys);
  ASSERT_TRUE(writer.start(start));

  EXPECT_EQ(fixture_.verify(sink.written).verdict, Verdict::kTampered);
}

TEST_F(PartChainTest, RefusesAPartThatFollowsAnotherOne) {
  // A host that signs two captures under one session: the chain alone tells them apart.
  FixedSealKeys keys;
  const ByteVector long_part = fixture_.short_bundle(keys, {"{}\n", "{}\n", "{}\n"});
  BundleStart start = fixture_.start();
  start.facts.part = 2;
  start.facts.previous = sha256(long_part);
  MemorySink sink;
  BundleWriter writer(sink, fixture_.signer, fixture_.keys);
  ASSERT_TRUE(writer.start(start));
  ASSERT_TRUE(writer.finish({.reason = "limit", .clocks = fixture_clocks(9)}));
  files_.there = {{name_of(1), files_.there[name_of(1)]}, {name_of(2), sink.written}};
  EXPECT_EQ(judge(), Verdict::kTampered);

  files_.there[name_of(3)] = sink.written;  // a broken one parts no others
  files_.there[name_of(3)].resize(100);
  EXPECT_EQ(judge(), Verdict::kTampered);
}

}  // namespace
}  // namespace scopetrace
