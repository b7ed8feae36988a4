// SPDX-License-Identifier: Apache-2.0
// Input: policy.json. Property: no text of it lets an approval through in production that nobody
// approved, and its meaning depends on its bytes alone.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "scopes/policy.h"

using namespace scopetrace;  // NOLINT(google-build-using-namespace): one harness, many names

std::vector<std::string> make_seeds() {
  return {R"({"version": 1})",
          R"({"version": 1, "environment": "staging", "people": {"a@x.example": "alice"},
              "groups": {"security": ["alice"]}, "approvals": {"redacted": 3},
              "approvals_from": {"redacted": {"security": 1}}, "revokers": ["alice"],
              "limits": {"seconds": 60, "bytes": 1048576}, "presets": ["standard"],
              "third_parties": {"allowed": ["*.x.example"], "denied": ["b.x.example"]},
              "environments": {"staging": {"approvals": {"redacted": 1}}},
              "retention": {"days": 30}, "break_glass": {"review_group": "security"}})",
          R"({"version": 1, "environment": "development", "approvals": {"metadata": 0}})"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto policy = parse_policy(text);
  if (!policy) return 0;
  Approval approval;
  for (const Level level : {Level::kMetadata, Level::kHeaders, Level::kShape, Level::kRedacted}) {
    approval.level = level;
    const bool needs_nobody = policy->approvals_needed(approval) == 0;
    if (needs_nobody && policy->environment != "development") std::abort();
  }
  (void)policy->may_revoke(policy->person_of("alice@x.example"));
  const auto again = parse_policy(text);
  if (!again || again->digest != policy->digest) std::abort();
  return 0;
}
