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

}  // namespace
}  // namespace scopetrace
