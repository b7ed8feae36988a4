// SPDX-License-Identifier: Apache-2.0
// Input: policy.json. Property: no text of it lets an approval through in production that nobody
// approved, and its meaning depends on its bytes alone.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "scopes/policy.h"
#include "tests/support/fuzz_target.h"

using namespace scopetrace;  // NOLINT(google-build-using-namespace): one harness, many names

std::vector<std::string> make_seeds() {
  return {format_default_policy("production"), format_default_policy("development"), "{}",
          R"({"environment": "staging", "people": {"a@x.example": "alice"},
              "groups": {"security": ["alice"]}, "revokers": ["security"],
              "approvals": {"metadata": 1, "redacted": 3, "any_request": 14},
              "approvals_from": {"redacted": {"security": 1}},
              "limits": {"seconds": 60, "bytes": 1048576, "cpu_percent": 5},
              "presets": ["standard"], "require_uv": true, "encryption_required": true,
              "third_parties": {"allowed": ["*.x.example"], "denied": ["b.x.example"]},
              "environments": {"staging": {"approvals": {"redacted": 1}, "presets": []}},
              "retention": {"days": 30, "bytes": 1, "legal_hold": true, "held": ["a"]},
              "break_glass": {"allowed": true, "metadata_by_requester_alone": true,
                              "review_group": "security"}})",
          R"({"environment": "development", "approvals": {"metadata": 0}})"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto policy = parse_policy(text);
  if (!policy) return 0;
  count_accepted();
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
