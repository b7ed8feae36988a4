// SPDX-License-Identifier: Apache-2.0
#include "userspace/export/subset_proof.h"

#include <gtest/gtest.h>

#include <random>

namespace scopetrace {
namespace {

std::string line_of(std::uint64_t n) { return "{\"n\":" + std::to_string(n) + "}\n"; }

LeafSalt sample_salt() {
  LeafSalt salt;
  salt.fill(std::byte{7});
  return salt;
}

std::vector<ProofEntry> entries_of(const std::string& proof) {
  std::vector<ProofEntry> entries;
  for (std::string_view rest = proof; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n') + 1);
    rest.remove_prefix(line.size());
    const auto entry = parse_proof_entry(line);
    ST_CHECK(entry.has_value());
    entries.push_back(*entry);
  }
  return entries;
}

struct Proof {
  std::string text;
  Digest root{};
};

// The proof of the lines that `keeps` says, of `size` lines.
Proof prove(std::uint64_t size, const std::vector<bool>& keeps) {
  SubsetProver prover;
  MerkleTree tree;
  Proof proof;
  for (std::uint64_t i = 0; i < size; ++i) {
    const LineSalt salt = line_salt(sample_salt(), i);
    const Digest leaf = leaf_hash(salt, line_of(i));
    tree.add(leaf);
    proof.text += keeps[i] ? prover.keep(salt, leaf) : prover.withhold(leaf);
  }
  proof.text += prover.finish();
  proof.root = tree.root();
  return proof;
}

// The root that the entries lead to with the lines they keep.
Digest root_by(const std::vector<ProofEntry>& entries) {
  MerkleTree tree;
  for (const ProofEntry& entry : entries) {
    EXPECT_EQ(entry.first, tree.size());
    if (entry.kind == ProofEntry::Kind::kKept) {
      tree.add(leaf_hash(entry.salt, line_of(entry.first)));
    } else {
      EXPECT_TRUE(tree.add_subtree(entry.hash, entry.count));
    }
  }
  return tree.root();
}

TEST(SubsetProofTest, EverySubsetOfSmallBundlesLeadsToTheRoot) {
  for (std::uint64_t size = 0; size <= 9; ++size) {
    for (unsigned mask = 0; mask < (1U << size); ++mask) {
      std::vector<bool> keeps(size);
      for (std::uint64_t i = 0; i < size; ++i) keeps[i] = ((mask >> i) & 1) != 0;
      const Proof proof = prove(size, keeps);
      EXPECT_EQ(root_by(entries_of(proof.text)), proof.root) << size << " lines, mask " << mask;
    }
  }
}

TEST(SubsetProofTest, RandomSubsetsOfLargerBundlesLeadToTheRoot) {
  std::mt19937 random(4);
  for (int round = 0; round < 50; ++round) {
    const std::uint64_t size = 1 + random() % 600;
    std::vector<bool> keeps(size);
    for (std::uint64_t i = 0; i < size; ++i) keeps[i] = random() % 8 == 0;
    const Proof proof = prove(size, keeps);
    EXPECT_EQ(root_by(entries_of(proof.text)), proof.root) << size;
  }
}

TEST(SubsetProofTest, TellsRunsOfWithheldLinesByFewSubtrees) {
  std::vector<bool> keeps(100'000, false);
  keeps[77'777] = true;
  EXPECT_LE(entries_of(prove(keeps.size(), keeps).text).size(), 36U);
}

// Somebody who guesses what a withheld line says must not be able to see that the guess is right:
// with the line's salt each guess would cost one hash.
TEST(SubsetProofTest, AWithheldLineIsNotFoundAmongAThousandCandidates) {
  constexpr std::uint64_t kSecret = 2;  // withheld, between two that are kept
  const Proof proof = prove(4, {true, true, false, true});
  const std::vector<ProofEntry> entries = entries_of(proof.text);
  ASSERT_EQ(entries.size(), 4U);
  std::vector<LineSalt> guesses(1);  // no salt at all, every salt that is told, those of a zero key
  for (const ProofEntry& entry : entries) guesses.push_back(entry.salt);
  for (std::uint64_t i = 0; i < 4; ++i) guesses.push_back(line_salt(LeafSalt{}, i));
  for (std::uint64_t candidate = 0; candidate < 1000; ++candidate) {
    for (const LineSalt& salt : guesses) {
      EXPECT_NE(leaf_hash(salt, line_of(candidate)), entries[kSecret].hash);
    }
    EXPECT_NE(sha256(as_bytes(line_of(candidate))), entries[kSecret].hash);
  }
  // The test would find it with the salt that is not told.
  EXPECT_EQ(leaf_hash(sample_salt(), kSecret, line_of(kSecret)), entries[kSecret].hash);
  EXPECT_EQ(proof.text.find(to_hex(line_salt(sample_salt(), kSecret))), std::string::npos);
  EXPECT_EQ(proof.text.find(to_hex(sample_salt())), std::string::npos);
}

TEST(SubsetProofTest, RefusesEntriesThatItWouldNotWrite) {
  const std::string hash(64, 'a');
  const std::string good = R"({"withheld":4,"count":4,"hash":")" + hash + "\"}\n";
  ASSERT_TRUE(parse_proof_entry(good).has_value());
  for (const std::string& wrong :
       {std::string("{}\n"), std::string("no\n"), std::string(good).replace(12, 1, "6"),
        std::string(good).replace(22, 1, "3"), std::string(good).replace(22, 1, "0"),
        good.substr(0, good.size() - 1), " " + good, R"({"kept":4,"salt":")" + hash + "\"}\n",
        R"({"other":4,"hash":")" + hash + "\"}\n", R"({"derived":-1,"hash":")" + hash + "\"}\n"}) {
    EXPECT_FALSE(parse_proof_entry(wrong).has_value()) << wrong;
  }
}

TEST(MerkleTreeTest, RefusesSubtreesThatDoNotFit) {
  MerkleTree tree;
  EXPECT_FALSE(tree.add_subtree(Digest{}, 0));
  EXPECT_FALSE(tree.add_subtree(Digest{}, 3));
  tree.add(Digest{});
  EXPECT_FALSE(tree.add_subtree(Digest{}, 2));
  EXPECT_EQ(tree.size(), 1U);
  EXPECT_TRUE(tree.add_subtree(Digest{}, 1));
  EXPECT_TRUE(tree.add_subtree(Digest{}, 2));
  EXPECT_TRUE(tree.add_subtree(Digest{}, std::uint64_t{4}));
  EXPECT_FALSE(tree.add_subtree(Digest{}, std::uint64_t{1} << 63));
}

}  // namespace
}  // namespace scopetrace
