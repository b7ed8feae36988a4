// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/merkle.h"

#include <gtest/gtest.h>

namespace scopetrace {
namespace {

Digest numbered(std::uint64_t i) { return sha256(as_bytes(std::to_string(i))); }

Digest node(const Digest& left, const Digest& right) {
  ByteVector input{std::byte{1}};
  append(input, left);
  append(input, right);
  return sha256(input);
}

TEST(MerkleTreeTest, RootOfNothingIsDigestOfNothing) {
  EXPECT_EQ(to_hex(MerkleTree().root()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(MerkleTreeTest, SplitsAtTheLargestPowerOfTwo) {
  MerkleTree tree;
  for (std::uint64_t i = 0; i < 5; ++i) tree.add(numbered(i));

  const Digest four = node(node(numbered(0), numbered(1)), node(numbered(2), numbered(3)));
  EXPECT_EQ(tree.root(), node(four, numbered(4)));
}

TEST(MerkleTreeTest, GrowsByManyAsOneByOne) {
  std::vector<Digest> leaves;
  for (std::uint64_t i = 0; i < 70; ++i) leaves.push_back(numbered(i));
  for (std::size_t first = 0; first < leaves.size(); ++first) {
    MerkleTree tree;
    for (std::size_t i = 0; i < first; ++i) tree.add(leaves[i]);
    tree.add(std::span(leaves).subspan(first));
    MerkleTree one_by_one;
    for (const Digest& leaf : leaves) one_by_one.add(leaf);
    EXPECT_EQ(tree.root(), one_by_one.root()) << first;
    EXPECT_EQ(tree.size(), leaves.size());
  }
}

TEST(InclusionPathTest, LeadsToTheRootForEveryLeafOfEverySize) {
  std::vector<Digest> leaves;
  MerkleTree tree;
  for (std::uint64_t size = 1; size <= 33; ++size) {
    leaves.push_back(numbered(size));
    tree.add(leaves.back());
    for (std::uint64_t i = 0; i < size; ++i) {
      const auto path = inclusion_path(leaves, i);
      EXPECT_TRUE(is_included(leaves[i], i, size, path, tree.root())) << i << " of " << size;
      EXPECT_FALSE(is_included(numbered(99), i, size, path, tree.root()));
      EXPECT_FALSE(is_included(leaves[i], i + 1, size, path, tree.root()));
    }
  }
}

TEST(LeafHashTest, DependsOnSaltIndexAndLine) {
  LeafSalt salt{};
  LeafSalt other{};
  other[0] = std::byte{1};

  const Digest leaf = leaf_hash(salt, 0, "a\n");

  EXPECT_EQ(leaf, leaf_hash(line_salt(salt, 0), "a\n"));
  EXPECT_NE(leaf, leaf_hash(other, 0, "a\n"));
  EXPECT_NE(leaf, leaf_hash(salt, 1, "a\n"));
  EXPECT_NE(leaf, leaf_hash(salt, 0, "b\n"));
}

TEST(LeafHasherTest, HashesManyLinesAsOneByOne) {
  LeafSalt salt{};
  salt[1] = std::byte{1};
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < 150; ++i) texts.push_back(std::string(i, 'x') + "\n");
  const std::vector<std::string_view> lines(texts.begin(), texts.end());

  const std::vector<Digest> leaves = LeafHasher(salt).leaves(1'000, lines);

  ASSERT_EQ(leaves.size(), lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(leaves[i], leaf_hash(salt, 1'000 + i, lines[i])) << i;
  }
}

}  // namespace
}  // namespace scopetrace
