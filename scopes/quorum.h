// SPDX-License-Identifier: Apache-2.0
// Whether enough of the right people signed an approval. There is no administrator's way round.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scopes/approval.h"
#include "scopes/policy.h"
#include "scopes/trust.h"

namespace scopetrace {

enum class QuorumVerdict {
  kMet,
  kNotMet,       // signatures lack, or are by people or keys that do not count
  kBadSignature  // a block does not verify: somebody changed something
};

// One block, as it was judged.
struct QuorumSigner {
  std::string role;         // host, request, approval; empty when the namespace is unknown
  std::string principal;    // empty when the key is not trusted
  std::string person;       // by policy
  std::string fingerprint;  // empty when the block could not be decoded
  std::string problem;      // why it does not count; empty when it does
};

struct Quorum {
  QuorumVerdict verdict = QuorumVerdict::kNotMet;
  bool are_facts_proved = false;      // a valid block of the host's key
  bool is_requested = false;          // a valid block of the requester
  std::uint64_t needed = 0;           // by policy and by the text
  std::uint64_t counted = 0;          // distinct people with distinct keys, none the requester
  std::vector<QuorumSigner> signers;  // in the order of the blocks
  std::vector<std::string> reasons;   // why it is not met; empty when it is
};

// Judges every block at one time (seconds since the epoch). Never an error: hostile blocks end in
// kBadSignature with a reason.
Quorum judge_quorum(const ApprovalText& document, const Trust& trust, const Policy& policy,
                    std::uint64_t at_s);

// kMet → success; kNotMet → kRefused; kBadSignature → kTampered. The message has the first reason.
Status check_quorum(const Quorum& quorum);

}  // namespace scopetrace
