// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/merkle.h"

#include <algorithm>
#include <bit>
#include <optional>

#include "userspace/base/result.h"
#include "userspace/base/sha256_pairs.h"

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

LineSalt cut_mac(const Digest& mac) {
  LineSalt salt;
  std::copy_n(mac.begin(), salt.size(), salt.begin());
  return salt;
}

// Each two neighbours by the node over them. In place: no digest goes where one is still to be
// read.
void replace_by_parents(std::vector<Digest>& nodes) {
  Sha256Pairs pairs;
  for (std::size_t i = 0; i < nodes.size() / 2; ++i) {
    pairs.add({Bytes(&kNodePrefix, 1), nodes[2 * i], nodes[2 * i + 1]}, nodes[i]);
  }
  pairs.finish();
  nodes.resize(nodes.size() / 2);
}

Digest root_of(std::span<const Digest> leaves) {
  MerkleTree tree;
  tree.add(leaves);
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
  return sha256_of_parts({Bytes(&kLeafPrefix, 1), salt, as_bytes(line)});
}

Digest leaf_hash(const LeafSalt& salt, std::uint64_t index, std::string_view line) {
  return leaf_hash(line_salt(salt, index), line);
}

Digest LeafHasher::leaf(std::uint64_t index, std::string_view line) const {
  const std::array<std::byte, 8> message = le64(index);
  return leaf_hash(cut_mac(mac_.of({message})), line);
}

std::vector<Digest> LeafHasher::leaves(std::uint64_t first,
                                       std::span<const std::string_view> lines) const {
  std::vector<Digest> digests(lines.size());
  for (std::size_t at = 0; at < lines.size(); at += kBatch) {
    const std::size_t count = std::min(kBatch, lines.size() - at);
    hash_batch(first + at, lines.subspan(at, count), std::span(digests).subspan(at, count));
  }
  return digests;
}

void LeafHasher::hash_batch(std::uint64_t first, std::span<const std::string_view> lines,
                            std::span<Digest> digests) const {
  std::array<HmacSha256::Number, kBatch> indexes;
  std::array<Digest, kBatch> macs;
  for (std::size_t i = 0; i < lines.size(); ++i) indexes[i] = le64(first + i);
  mac_.of_each(std::span(indexes).first(lines.size()), std::span(macs).first(lines.size()));
  Sha256Pairs pairs;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Bytes salt = Bytes(macs[i]).first(kLineSaltBytes);
    pairs.add({Bytes(&kLeafPrefix, 1), salt, as_bytes(lines[i])}, digests[i]);
  }
  pairs.finish();
  wipe(macs.data(), sizeof(macs));
}

void MerkleTree::add(std::span<const Digest> leaves) {
  add_at(0, {leaves.begin(), leaves.end()});
  size_ += leaves.size();
}

bool MerkleTree::add_subtree(const Digest& root, std::uint64_t count) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 62;
  if (!std::has_single_bit(count) || size_ % count != 0 || count > kMost || size_ > kMost) {
    return false;
  }
  add_at(static_cast<unsigned>(std::countr_zero(count)), {root});
  size_ += count;
  return true;
}

// As two binary numbers are added: of two subtrees on one level comes one on the next, and one that
// is alone stays where it is.
void MerkleTree::add_at(unsigned level, std::vector<Digest> nodes) {
  for (; !nodes.empty(); ++level) {
    if (has_peak(level)) nodes.insert(nodes.begin(), peaks_[level]);
    if (nodes.size() % 2 != 0) {
      peaks_[level] = nodes.back();
      nodes.pop_back();
    }
    replace_by_parents(nodes);
  }
}

Digest MerkleTree::root() const {
  std::optional<Digest> root;
  for (unsigned level = 0; level < peaks_.size(); ++level) {
    if (has_peak(level)) root = root ? node_hash(peaks_[level], *root) : peaks_[level];
  }
  return root ? *root : sha256({});
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
