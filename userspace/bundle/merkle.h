// SPDX-License-Identifier: Apache-2.0
// The Merkle tree over the lines of a bundle: RFC 6962 section 2.1 with salted leaves.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "userspace/base/crypto.h"
#include "userspace/bundle/format.h"

namespace scopetrace {

using LeafSalt = std::array<std::byte, kLeafSaltBytes>;  // of a whole bundle
using LineSalt = std::array<std::byte, kLineSaltBytes>;  // of one line

// HMAC-SHA256(leaf salt, LE64 index), its first 16 bytes.
LineSalt line_salt(const LeafSalt& salt, std::uint64_t index);
// SHA-256(0x00 ‖ salt ‖ line); `line` includes its LF.
Digest leaf_hash(const LineSalt& salt, std::string_view line);
Digest leaf_hash(const LeafSalt& salt, std::uint64_t index, std::string_view line);

// The same for many lines of one bundle: the key's part of the HMAC is done once. Holds the salt,
// and wipes it.
class LeafHasher {
 public:
  explicit LeafHasher(const LeafSalt& salt) : mac_(salt) {}
  ~LeafHasher();
  LeafHasher(const LeafHasher&) = delete;
  LeafHasher& operator=(const LeafHasher&) = delete;

  Digest leaf(std::uint64_t index, std::string_view line);

 private:
  HmacSha256 mac_;
  ByteVector input_;  // of the last line's hash
};

// SHA-256(0x01 ‖ left ‖ right): an inner node.
Digest node_hash(const Digest& left, const Digest& right);

// A growing tree that keeps one node a level: 64 digests at most, whatever the number of leaves.
class MerkleTree {
 public:
  void add(const Digest& leaf);
  // `count` leaves of which only the root of their subtree is known. False, with nothing added,
  // unless count is a power of two, the size a multiple of it, and their sum less than 2^63.
  bool add_subtree(const Digest& root, std::uint64_t count);
  std::uint64_t size() const { return size_; }
  // The root over all leaves so far; SHA-256 of nothing for none.
  Digest root() const;

 private:
  std::vector<Digest> peaks_;  // roots of the perfect subtrees, largest first
  std::uint64_t size_ = 0;
};

// The audit path of leaf `index`, nearest sibling first. REQUIRES: index < leaves.size().
std::vector<Digest> inclusion_path(std::span<const Digest> leaves, std::uint64_t index);
// Whether `path` leads from `leaf` at `index` to `root` in a tree of `size` leaves. Source: RFC
// 9162 section 2.1.3.2.
bool is_included(const Digest& leaf, std::uint64_t index, std::uint64_t size,
                 std::span<const Digest> path, const Digest& root);

}  // namespace scopetrace
