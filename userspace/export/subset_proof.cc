// SPDX-License-Identifier: Apache-2.0
#include "userspace/export/subset_proof.h"

#include <algorithm>
#include <bit>

#include "userspace/export/json_members.h"

namespace scopetrace {
namespace {

const char* kind_name(ProofEntry::Kind kind) {
  switch (kind) {
    case ProofEntry::Kind::kKept:
      return "kept";
    case ProofEntry::Kind::kDerived:
      return "derived";
    case ProofEntry::Kind::kWithheld:
      break;
  }
  return "withheld";
}

// The kind that the first member names.
std::optional<ProofEntry::Kind> kind_of(const Json& json) {
  if (!json.is_object() || json.empty()) return std::nullopt;
  for (const auto kind :
       {ProofEntry::Kind::kKept, ProofEntry::Kind::kDerived, ProofEntry::Kind::kWithheld}) {
    if (json.begin().key() == kind_name(kind)) return kind;
  }
  return std::nullopt;
}

// Whether `bytes` took all of a hexadecimal text.
template <class Bytes32>
bool read_hex(const Json& json, const char* key, Bytes32& bytes) {
  const auto read = from_hex(text_at(json, {key}));
  if (!read || read->size() != bytes.size()) return false;
  std::copy(read->begin(), read->end(), bytes.begin());
  return true;
}

tl::unexpected<Error> no_entry() { return fail(ErrorCode::kCorrupt, "proof: no entry of a proof"); }

}  // namespace

std::string format_proof_entry(const ProofEntry& entry) {
  Json json = {{kind_name(entry.kind), entry.first}};
  if (entry.kind == ProofEntry::Kind::kWithheld) json["count"] = entry.count;
  if (entry.kind == ProofEntry::Kind::kKept) {
    json["salt"] = to_hex(entry.salt);
  } else {
    json["hash"] = to_hex(entry.hash);
  }
  return dump_line(json);
}

Result<ProofEntry> parse_proof_entry(std::string_view line) {
  const Json json = Json::parse(line, nullptr, false);
  const auto kind = kind_of(json);
  if (!kind) return no_entry();
  ProofEntry entry{.kind = *kind, .first = number_at(json, {kind_name(*kind)})};
  const bool is_withheld = *kind == ProofEntry::Kind::kWithheld;
  if (is_withheld) entry.count = number_at(json, {"count"});
  const bool has_hash = *kind == ProofEntry::Kind::kKept ? read_hex(json, "salt", entry.salt)
                                                         : read_hex(json, "hash", entry.hash);
  const bool is_aligned = std::has_single_bit(entry.count) && entry.first % entry.count == 0;
  if (!has_hash || !is_aligned || format_proof_entry(entry) != line) return no_entry();
  return entry;
}

std::string SubsetProver::tell(Node& node) {
  node.is_withheld = false;
  return format_proof_entry({.kind = ProofEntry::Kind::kWithheld,
                             .first = node.first,
                             .count = node.count,
                             .hash = node.hash});
}

std::string SubsetProver::tell_all() {
  std::string text;
  for (Node& node : nodes_) {
    if (node.is_withheld) text += tell(node);
  }
  return text;
}

// A subtree is told when its sibling is not withheld as a whole: it grows no further.
std::string SubsetProver::add(const Digest& leaf, bool is_withheld) {
  std::string text;
  Node node{.hash = leaf, .first = size_, .count = 1, .is_withheld = is_withheld};
  for (; !nodes_.empty() && nodes_.back().count == node.count; nodes_.pop_back()) {
    Node& left = nodes_.back();
    const bool is_whole = left.is_withheld && node.is_withheld;
    if (!is_whole && node.is_withheld) text += tell(node);
    node = {.hash = node_hash(left.hash, node.hash),
            .first = left.first,
            .count = 2 * node.count,
            .is_withheld = is_whole};
  }
  nodes_.push_back(node);
  ++size_;
  return text;
}

// Whatever is withheld before a leaf that is not has that leaf in its sibling.
std::string SubsetProver::keep(const LineSalt& salt, const Digest& leaf) {
  std::string text = tell_all();
  text += format_proof_entry({.kind = ProofEntry::Kind::kKept, .first = size_, .salt = salt});
  return text + add(leaf, false);
}

std::string SubsetProver::derive(const Digest& leaf) {
  std::string text = tell_all();
  text += format_proof_entry({.kind = ProofEntry::Kind::kDerived, .first = size_, .hash = leaf});
  return text + add(leaf, false);
}

std::string SubsetProver::withhold(const Digest& leaf) { return add(leaf, true); }

std::string SubsetProver::finish() { return tell_all(); }

}  // namespace scopetrace
