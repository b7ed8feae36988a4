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
// and wipes it. May be used by several threads at once.
class LeafHasher {
 public:
  explicit LeafHasher(const LeafSalt& salt) : mac_(salt) {}

  Digest leaf(std::uint64_t index, std::string_view line) const;
  // Of lines one behind the other, the first with index `first`.
  std::vector<Digest> leaves(std::uint64_t first, std::span<const std::string_view> lines) const;

 private:
  static constexpr std::size_t kBatch = 64;  // lines whose salts are held at once

  void hash_batch(std::uint64_t first, std::span<const std::string_view> lines,
                  std::span<Digest> digests) const;

  HmacSha256 mac_;
};

// SHA-256(0x01 ‖ left ‖ right): an inner node.
Digest node_hash(const Digest& left, const Digest& right);

// A growing tree that keeps one node a level, whatever the number of leaves.
class MerkleTree {
 public:
  // Many at once take less time than one by one.
  void add(std::span<const Digest> leaves);
  void add(const Digest& leaf) { add(std::span(&leaf, 1)); }
  // `count` leaves of which only the root of their subtree is known. False, with nothing added,
  // unless count is a power of two, the size a multiple of it, and their sum less than 2^63.
  bool add_subtree(const Digest& root, std::uint64_t count);
  std::uint64_t size() const { return size_; }
  // The root over all leaves so far; SHA-256 of nothing for none.
  Digest root() const;

 private:
  void add_at(unsigned level, std::vector<Digest> nodes);
  bool has_peak(unsigned level) const { return (size_ >> level & 1) != 0; }

  std::array<Digest, 64> peaks_{};  // the perfect subtree of 2^level leaves, where there is one
  std::uint64_t size_ = 0;
};

// The audit path of leaf `index`, nearest sibling first. REQUIRES: index < leaves.size().
std::vector<Digest> inclusion_path(std::span<const Digest> leaves, std::uint64_t index);
// Whether `path` leads from `leaf` at `index` to `root` in a tree of `size` leaves. Source: RFC
// 9162 section 2.1.3.2.
bool is_included(const Digest& leaf, std::uint64_t index, std::uint64_t size,
                 std::span<const Digest> path, const Digest& root);

}  // namespace scopetrace
