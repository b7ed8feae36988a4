// SPDX-License-Identifier: Apache-2.0
// The host's policy: what may be approved at all, and by how many people. Wins over every approval
// and every option. Format: scopes/policy.schema.json.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "scopes/approval.h"

namespace scopetrace {

// Upper bounds that no approval may exceed.
struct PolicyLimits {
  std::uint64_t seconds = 3600;
  std::uint64_t bytes = std::uint64_t{4} << 30;
  std::uint64_t events_per_second = 200'000;
  std::uint64_t cpu_percent = 10;
};

// How long bundles are kept.
struct PolicyRetention {
  std::uint64_t days = 0;              // 0: no limit
  std::uint64_t bytes = 0;             // of all bundles together; 0: no limit
  bool is_on_legal_hold = false;       // nothing may be removed
  std::vector<std::string> held = {};  // names of bundles that may not be removed, without endings
};

// What an emergency may do: scopes/break_glass.h.
struct PolicyBreakGlass {
  bool is_allowed = true;
  bool is_requester_enough = false;  // alone, at level metadata
  std::string review_group = "security";
};

// Approvals that must come from one group.
struct GroupDemand {
  std::string group;
  std::uint64_t count = 0;
};

// A parsed policy; the defaults are those that `scopetrace init` writes.
struct Policy {
  std::string environment = "production";
  std::map<std::string, std::string, std::less<>> people;  // principal → person; else itself
  // Group → persons, as `people` names them.
  std::map<std::string, std::vector<std::string>, std::less<>> groups;
  std::array<std::uint64_t, 4> approvals = {1, 1, 1, 2};   // by Level
  std::array<std::vector<GroupDemand>, 4> approvals_from;  // by Level, beside the counts
  std::uint64_t approvals_any_third_party = 2;
  std::uint64_t approvals_any_request = 2;  // `request: any` above any_request_seconds
  std::uint64_t any_request_seconds = 900;
  PolicyLimits limits;
  // Of profiles that are not built in, an approval may name those listed here only.
  std::vector<std::string> presets = {"standard"};  // that every approval must name
  std::vector<std::string> third_parties_allowed;   // empty: all; `*.host` patterns
  std::vector<std::string> third_parties_denied;
  bool is_user_verification_required = false;  // of security keys: PIN or biometrics
  bool is_encryption_required = false;
  std::vector<std::string> recipients;  // at least one of them when encryption is required
  std::vector<std::string> otlp_targets;
  std::vector<std::string> replay_targets;
  std::vector<std::string> revokers;  // principals, persons or groups who may revoke any approval
  PolicyRetention retention;
  PolicyBreakGlass break_glass;
  // Where each value comes from, by the path of its key: `policy.json`, `environments.staging`.
  // What is not in it has its default.
  std::map<std::string, std::string, std::less<>> sources;
  Digest digest{};  // of the file's bytes

  // The person behind a principal: distinct people count, not distinct names.
  std::string_view person_of(std::string_view principal) const;
  bool is_member(std::string_view group, std::string_view person) const;
  // Whether policy lets this person revoke any approval.
  bool may_revoke(std::string_view person) const;
  // How many approvals this approval needs: the most that any rule or its own text asks for. Zero
  // only in environment `development`.
  std::uint64_t approvals_needed(const Approval& approval) const;
};

// Strict: unknown keys, wrong types and values out of range are kCorrupt and named.
Result<Policy> parse_policy(std::string_view json);
Result<Policy> read_policy(const std::string& path);
// The text of the default policy for an environment: production, staging, test or development.
std::string format_default_policy(std::string_view environment);

// Whether policy allows what the approval asks for at all. kRefused names the field and the bound.
Status check_policy(const Policy& policy, const Approval& approval);

// Whether a host name matches `name` or `*.name` (one or more labels in front).
bool matches_host(std::string_view pattern, std::string_view host);

}  // namespace scopetrace
