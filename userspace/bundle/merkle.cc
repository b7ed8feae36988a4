// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/merkle.h"

#include <algorithm>
#include <bit>

#include "userspace/base/result.h"

namespace scopetrace {
namespace {

constexpr std::byte kLeafPrefix{0x00};
constexpr std::byte kNodePrefix{0x01};

std::array<std::byte, 8> le64(std::uint64_t value) {
  std::array<std::byte, 8> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::byte>(value >> (8 * i));
  return bytes;
}

// One call over one buffer: hashing in pieces costs as much again for a line of some hundred bytes.
Digest hash_leaf(ByteVector& input, const LineSalt& salt, std::string_view line) {
  input.assign(1, kLeafPrefix);
  append(input, salt);
  append(input, as_bytes(line));
  return sha256(input);
}

LineSalt cut_mac(const Digest& mac) {
  LineSalt salt;
  std::copy_n(mac.begin(), salt.size(), salt.begin());
  return salt;
}

Digest root_of(std::span<const Digest> leaves) {
  MerkleTree tree;
  for (const Digest& leaf : leaves) tree.add(leaf);
  return tree.root();
}

}  // namespace

Digest node_hash(const Digest& left, const Digest& right) {
  std::array<std::byte, 65> input;
  input[0] = kNodePrefix;
  std::copy(left.begin(), left.end(), input.begin() + 1);
  std::copy(right.begin(), right.end(), input.begin() + 33);
  return sha256(input);
}

LineSalt line_salt(const LeafSalt& salt, std::uint64_t index) {
  return cut_mac(hmac_sha256(salt, le64(index)));
}

Digest leaf_hash(const LineSalt& salt, std::string_view line) {
  ByteVector input;
  return hash_leaf(input, salt, line);
}

Digest leaf_hash(const LeafSalt& salt, std::uint64_t index, std::string_view line) {
  return leaf_hash(line_salt(salt, index), line);
}

LeafHasher::~LeafHasher() { wipe(input_.data(), input_.size()); }

Digest LeafHasher::leaf(std::uint64_t index, std::string_view line) {
  const std::array<std::byte, 8> message = le64(index);
  return hash_leaf(input_, cut_mac(mac_.of({message})), line);
}

void MerkleTree::add(const Digest& leaf) { add_subtree(leaf, 1); }

bool MerkleTree::add_subtree(const Digest& root, std::uint64_t count) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 62;
  if (!std::has_single_bit(count) || size_ % count != 0 || count > kMost || size_ > kMost) {
    return false;
  }
  // Like a binary counter: each one bit from here on is a subtree as large as the new one.
  Digest subtree = root;
  for (std::uint64_t bit = count; (size_ & bit) != 0; bit <<= 1) {
    subtree = node_hash(peaks_.back(), subtree);
    peaks_.pop_back();
  }
  peaks_.push_back(subtree);
  size_ += count;
  return true;
}

Digest MerkleTree::root() const {
  if (peaks_.empty()) return sha256({});
  Digest root = peaks_.back();
  for (std::size_t i = peaks_.size() - 1; i-- > 0;) root = node_hash(peaks_[i], root);
  return root;
}

std::vector<Digest> inclusion_path(std::span<const Digest> leaves, std::uint64_t index) {
  ST_CHECK(index < leaves.size());
  std::vector<Digest> path;
  while (leaves.size() > 1) {
    const std::size_t left = std::bit_floor(leaves.size() - 1);
    const bool is_left = index < left;
    path.push_back(root_of(is_left ? leaves.subspan(left) : leaves.first(left)));
    leaves = is_left ? leaves.first(left) : leaves.subspan(left);
    if (!is_left) index -= left;
  }
  std::reverse(path.begin(), path.end());
  return path;
}

bool is_included(const Digest& leaf, std::uint64_t index, std::uint64_t size,
                 std::span<const Digest> path, const Digest& root) {
  if (index >= size) return false;
  std::uint64_t node = index;
  std::uint64_t last = size - 1;
  Digest hash = leaf;
  for (const Digest& sibling : path) {
    if (last == 0) return false;
    if ((node & 1) != 0 || node == last) {
      hash = node_hash(sibling, hash);
      while ((node & 1) == 0 && node != 0) {  // a lone right edge rises without a sibling
        node >>= 1;
        last >>= 1;
      }
    } else {
      hash = node_hash(hash, sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  return last == 0 && hash == root;
}

}  // namespace scopetrace
