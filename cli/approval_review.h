// SPDX-License-Identifier: Apache-2.0
// Everything that `token show` says about an approval, gathered once for text and JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/approval_diff.h"
#include "cli/approval_risks.h"
#include "scopes/approval.h"
#include "scopes/approval_demand.h"
#include "scopes/host.h"
#include "scopes/quorum.h"

namespace scopetrace {

// What this machine's policy says of it.
struct PolicyView {
  std::string environment;
  std::string place;    // whose policy it is, for a person
  std::string refusal;  // the rule that forbids it; empty when policy allows it
  std::uint64_t needed = 0;
  std::vector<ApprovalDemand> demands;  // those that make up `needed`
  std::vector<GroupDemand> groups;
  bool is_as_asked = true;  // the same policy as when it was asked for
};

// What the detectors can do for the reviewer's peace of mind.
struct DetectorView {
  bool is_known = false;    // the rule set is what the presets stand for here
  std::size_t classes = 0;  // of secrets and personal data, by name or form
  // Classes that the names of the target's environment announce; nothing when it cannot be looked
  // into from here.
  std::optional<std::vector<std::string>> held;
};

struct ApprovalReview {
  ApprovalText document;
  std::string validity;  // `expired …`, `not valid before …`; empty within its time
  std::vector<Risk> risks;
  PolicyView policy;
  std::optional<Quorum> quorum;  // nothing where there is no trust file
  DetectorView detectors;
  std::vector<std::string> means;                      // how each block was signed, in their order
  std::optional<std::vector<ApprovalChange>> changes;  // with --against
  std::vector<std::string> commands;  // to sign with stock tools: a POSIX shell runs them
};

// `path` is where the document came from, for the commands; `before` the earlier approval, if any.
// Fails only when this host's policy cannot be read: its absence is the default policy.
Result<ApprovalReview> review_approval(const ApprovalText& document, const std::string& path,
                                       const std::optional<ApprovalText>& before,
                                       const Folders& folders);

// The two forms.
void print_review(const ApprovalReview& review, bool is_coloured);
void print_review_json(const ApprovalReview& review);

}  // namespace scopetrace
