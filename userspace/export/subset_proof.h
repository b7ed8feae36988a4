// SPDX-License-Identifier: Apache-2.0
// Proves that some lines stand in a bundle, without telling anything of the others. docs/exports.md
// has the form.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "userspace/base/result.h"
#include "userspace/bundle/merkle.h"

namespace scopetrace {

// One line of a proof, in the order of the leaves.
struct ProofEntry {
  enum class Kind {
    kKept,      // leaf `first`, whose line is there; `salt` makes its hash
    kDerived,   // leaf `first`, whose line was changed; `hash` is the leaf
    kWithheld,  // `count` leaves from `first`, a power of two that `first` is a multiple of; `hash`
                // is the root of their subtree
  };
  Kind kind = Kind::kKept;
  std::uint64_t first = 0;
  std::uint64_t count = 1;
  LineSalt salt{};
  Digest hash{};
};

// One line of JSON with its LF.
std::string format_proof_entry(const ProofEntry& entry);
// The inverse. kCorrupt for anything that format_proof_entry would not have written.
Result<ProofEntry> parse_proof_entry(std::string_view line);

// Takes every leaf of a bundle in order; the text of the proof comes out as it goes. Keeps a node a
// level, whatever the number of leaves: leaves that are withheld together are told by as few
// subtrees as there can be.
class SubsetProver {
 public:
  // The text that this leaf makes known: its own entry, and the subtrees withheld before it.
  std::string keep(const LineSalt& salt, const Digest& leaf);
  std::string derive(const Digest& leaf);
  std::string withhold(const Digest& leaf);
  // What is left.
  std::string finish();

 private:
  struct Node {
    Digest hash{};
    std::uint64_t first = 0;
    std::uint64_t count = 1;
    bool is_withheld = false;  // all of it, and not told yet
  };
  std::string add(const Digest& leaf, bool is_withheld);
  static std::string tell(Node& node);
  std::string tell_all();

  std::vector<Node> nodes_;  // roots of the perfect subtrees so far, largest first
  std::uint64_t size_ = 0;
};

}  // namespace scopetrace
