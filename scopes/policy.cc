// SPDX-License-Identifier: Apache-2.0
#include "scopes/policy.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "scopes/approval_rules.h"
#include "scopes/shell.h"
#include "scopes/strict_json.h"
#include "userspace/base/file.h"

namespace scopetrace {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxPolicyFile = 1 << 20;
constexpr std::array<std::string_view, 4> kEnvironments = {"production", "staging", "test",
                                                           "development"};
constexpr std::uint64_t kMaxCount = 14;
constexpr std::uint64_t kMaxSeconds = 7 * 86'400;
constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 40;
constexpr std::uint64_t kMaxEventRate = 10'000'000;
constexpr std::size_t kMaxList = 1000;
constexpr std::uint64_t kMaxRetentionDays = 36'500;

// Reads the members of one JSON object; remembers the first fault, and which keys were asked for.
class ObjectReader {
 public:
  ObjectReader(const Json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object.is_object()) set_fault("", "is not an object");
  }

  void read(const char* key, std::uint64_t least, std::uint64_t most, std::uint64_t* out) {
    const Json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_number_unsigned() || *value < least || *value > most) {
      return set_fault(
          key, "is not a number between " + std::to_string(least) + " and " + std::to_string(most));
    }
    *out = *value;
  }
  void read(const char* key, std::string* out) {
    const Json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_string()) return set_fault(key, "is not a string");
    *out = *value;
  }
  void read(const char* key, bool* out) {
    const Json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_boolean()) return set_fault(key, "is not true or false");
    *out = *value;
  }
  void read(const char* key, std::vector<std::string>* out) {
    const Json* value = find(key);
    if (value == nullptr) return;
    const bool good = value->is_array() && value->size() <= kMaxList &&
                      std::all_of(value->begin(), value->end(),
                                  [](const Json& item) { return item.is_string(); });
    if (!good) return set_fault(key, "is not a list of strings");
    *out = value->get<std::vector<std::string>>();
  }
  void read(const char* key, std::map<std::string, std::string, std::less<>>* out) {
    const Json* value = find(key);
    if (value == nullptr) return;
    const bool good =
        value->is_object() && std::all_of(value->begin(), value->end(), [](const Json& item) {
          return item.is_string() && !item.get_ref<const std::string&>().empty();
        });
    if (!good) return set_fault(key, "is not a table of names");
    for (const auto& [name, person] : value->items()) (*out)[name] = person;
  }
  void read(const char* key, std::map<std::string, std::vector<std::string>, std::less<>>* out) {
    const Json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_object()) return set_fault(key, "is not a table of lists");
    for (const auto& [name, list] : value->items()) {
      const bool good =
          list.is_array() && list.size() <= kMaxList &&
          std::all_of(list.begin(), list.end(), [](const Json& item) { return item.is_string(); });
      if (!good) return set_fault(key, "is not a table of lists of names");
      (*out)[name] = list.get<std::vector<std::string>>();
    }
  }
  // A nested object, or nothing.
  const Json* find(const char* key) {
    known_.emplace_back(key);
    if (!object_.is_object()) return nullptr;
    const auto at = object_.find(key);
    return at == object_.end() ? nullptr : &*at;
  }
  void set_fault(const std::string& key, const std::string& text) {
    if (fault_.empty()) fault_ = where_ + key + ": " + text;
  }
  // The first fault; an unknown key counts as one. Empty when there is none.
  std::string finish() {
    if (!object_.is_object()) return fault_;
    for (const auto& [key, value] : object_.items()) {
      const bool known = std::find(known_.begin(), known_.end(), key) != known_.end();
      if (!known) set_fault(key, "is not a key of a policy");
    }
    return fault_;
  }

 private:
  const Json& object_;
  std::string where_;
  std::vector<std::string> known_;
  std::string fault_;
};

std::string read_approvals(const Json& json, Policy* policy) {
  const bool development = policy->environment == "development";
  const std::uint64_t least = development ? 0 : 1;
  ObjectReader reader(json, "approvals.");
  for (const Level level : {Level::kMetadata, Level::kHeaders, Level::kShape, Level::kRedacted}) {
    reader.read(std::string(level_name(level)).c_str(), least, kMaxCount,
                &policy->approvals[static_cast<std::size_t>(level)]);
  }
  reader.read("any_third_party", least, kMaxCount, &policy->approvals_any_third_party);
  reader.read("any_request", least, kMaxCount, &policy->approvals_any_request);
  reader.read("any_request_seconds", 0, kMaxSeconds, &policy->any_request_seconds);
  return reader.finish();
}

// {"security": 1}: so many of the approvals must come from that group.
std::string read_demands(const Json& json, const std::string& where,
                         std::vector<GroupDemand>* out) {
  if (!json.is_object()) return where + ": is not a table of counts";
  out->clear();
  for (const auto& [group, count] : json.items()) {
    if (!count.is_number_unsigned() || count < 1 || count > kMaxCount) {
      return where + "." + group + ": is not a number between 1 and " + std::to_string(kMaxCount);
    }
    out->push_back({group, count});
  }
  return "";
}

std::string read_approvals_from(const Json& json, Policy* policy) {
  ObjectReader reader(json, "approvals_from.");
  for (const Level level : {Level::kMetadata, Level::kHeaders, Level::kShape, Level::kRedacted}) {
    const std::string name(level_name(level));
    const Json* demands = reader.find(name.c_str());
    if (demands == nullptr) continue;
    std::string fault = read_demands(*demands, "approvals_from." + name,
                                     &policy->approvals_from[static_cast<std::size_t>(level)]);
    if (!fault.empty()) return fault;
  }
  return reader.finish();
}

std::string read_retention(const Json& json, PolicyRetention* retention) {
  ObjectReader reader(json, "retention.");
  reader.read("days", 0, kMaxRetentionDays, &retention->days);
  reader.read("bytes", 0, UINT64_MAX, &retention->bytes);
  reader.read("legal_hold", &retention->is_on_legal_hold);
  reader.read("held", &retention->held);
  return reader.finish();
}

std::string read_break_glass(const Json& json, PolicyBreakGlass* rules) {
  ObjectReader reader(json, "break_glass.");
  reader.read("allowed", &rules->is_allowed);
  reader.read("metadata_by_requester_alone", &rules->is_requester_enough);
  reader.read("review_group", &rules->review_group);
  return reader.finish();
}

std::string read_limits(const Json& json, PolicyLimits* limits) {
  ObjectReader reader(json, "limits.");
  reader.read("seconds", 1, kMaxSeconds, &limits->seconds);
  reader.read("bytes", 1, kMaxBytes, &limits->bytes);
  reader.read("events_per_second", 1, kMaxEventRate, &limits->events_per_second);
  reader.read("cpu_percent", 1, 100, &limits->cpu_percent);
  return reader.finish();
}

std::string read_third_parties(const Json& json, Policy* policy) {
  ObjectReader reader(json, "third_parties.");
  reader.read("allowed", &policy->third_parties_allowed);
  reader.read("denied", &policy->third_parties_denied);
  for (const auto* list : {&policy->third_parties_allowed, &policy->third_parties_denied}) {
    for (const std::string& pattern : *list) {
      if (pattern == "any" || !is_third_party(pattern)) reader.set_fault("", "a bad host name");
    }
  }
  return reader.finish();
}

// Notes that each value of an object comes from there; nested tables by the paths of their keys.
void note_sources(const Json& json, const std::string& source, Policy* policy) {
  for (const auto& [key, value] : json.items()) {
    const bool is_table = value.is_object() && key != "people" && key != "groups";
    if (key == "environments" || key == "$schema") continue;
    if (!is_table) policy->sources[key] = source;
    if (!is_table) continue;
    for (const auto& [inner, ignored] : value.items()) policy->sources[key + "." + inner] = source;
  }
}

// What one environment has otherwise than the rest of the file; only that of this host counts, but
// every one must be well formed.
std::string read_environments(const Json& json, Policy* policy) {
  if (!json.is_object()) return "environments: is not an object";
  for (const auto& [name, overrides] : json.items()) {
    if (std::find(kEnvironments.begin(), kEnvironments.end(), name) == kEnvironments.end()) {
      return "environments." + name + ": is not production, staging, test or development";
    }
    Policy other = *policy;
    other.environment = name;
    ObjectReader reader(overrides, "environments." + name + ".");
    std::string fault;
    const auto nested = [&](const char* key, auto read) {
      const Json* value = reader.find(key);
      if (value != nullptr && fault.empty()) fault = read(*value);
    };
    nested("approvals", [&](const Json& value) { return read_approvals(value, &other); });
    nested("approvals_from", [&](const Json& value) { return read_approvals_from(value, &other); });
    nested("limits", [&](const Json& value) { return read_limits(value, &other.limits); });
    reader.read("presets", &other.presets);
    reader.read("require_uv", &other.is_user_verification_required);
    reader.read("encryption_required", &other.is_encryption_required);
    if (fault.empty()) fault = reader.finish();
    if (!fault.empty()) return fault;
    if (name != policy->environment) continue;
    *policy = std::move(other);
    note_sources(overrides, "environments." + name, policy);
  }
  return "";
}

// Groups that are named somewhere must exist: a demand on nobody could never be met.
std::string fault_of_groups(const Policy& policy) {
  for (const auto& demands : policy.approvals_from) {
    for (const GroupDemand& demand : demands) {
      if (policy.groups.count(demand.group) == 0) {
        return "approvals_from: there is no group " + demand.group;
      }
    }
  }
  return "";
}

std::string read_members(const Json& json, Policy* policy) {
  ObjectReader reader(json, "");
  std::string schema;
  reader.read("$schema", &schema);
  reader.read("environment", &policy->environment);
  if (std::find(kEnvironments.begin(), kEnvironments.end(), policy->environment) ==
      kEnvironments.end()) {
    reader.set_fault("environment", "is not production, staging, test or development");
  }
  reader.read("people", &policy->people);
  reader.read("groups", &policy->groups);
  const auto nested = [&](const char* key, auto read) {
    const Json* value = reader.find(key);
    if (value == nullptr) return;
    const std::string fault = read(*value);
    if (!fault.empty()) reader.set_fault("", fault);
  };
  nested("approvals", [&](const Json& value) { return read_approvals(value, policy); });
  nested("approvals_from", [&](const Json& value) { return read_approvals_from(value, policy); });
  nested("limits", [&](const Json& value) { return read_limits(value, &policy->limits); });
  nested("retention", [&](const Json& value) { return read_retention(value, &policy->retention); });
  nested("break_glass",
         [&](const Json& value) { return read_break_glass(value, &policy->break_glass); });
  nested("third_parties", [&](const Json& value) { return read_third_parties(value, policy); });
  reader.read("presets", &policy->presets);
  reader.read("require_uv", &policy->is_user_verification_required);
  reader.read("encryption_required", &policy->is_encryption_required);
  reader.read("recipients", &policy->recipients);
  reader.read("otlp_targets", &policy->otlp_targets);
  reader.read("replay_targets", &policy->replay_targets);
  reader.read("revokers", &policy->revokers);
  if (json.is_object()) note_sources(json, "policy.json", policy);
  nested("environments", [&](const Json& value) { return read_environments(value, policy); });
  const std::string fault = fault_of_groups(*policy);
  if (!fault.empty()) reader.set_fault("", fault);
  return reader.finish();
}

bool has(const std::vector<std::string>& values, const std::string& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

tl::unexpected<Error> refuse(const std::string& text, const std::string& hint = "") {
  return fail(Error(ErrorCode::kRefused, "policy: " + text).with_hint(hint));
}

Status check_bound(const char* name, std::uint64_t asked, std::uint64_t most) {
  if (asked <= most) return {};
  return refuse(std::string(name) + " " + std::to_string(asked) + " is above the limit " +
                std::to_string(most));
}

Status check_limits(const PolicyLimits& limits, const Approval& approval) {
  ST_RETURN_IF_ERROR(check_bound("max-seconds", approval.max_seconds, limits.seconds));
  ST_RETURN_IF_ERROR(check_bound("max-bytes", approval.max_bytes, limits.bytes));
  ST_RETURN_IF_ERROR(check_bound("max-events-per-second", approval.max_events_per_second,
                                 limits.events_per_second));
  return check_bound("max-cpu-percent", approval.max_cpu_percent, limits.cpu_percent);
}

// The first of `needed` that `given` lacks.
std::optional<std::string> first_missing(const std::vector<std::string>& needed,
                                         const std::vector<std::string>& given) {
  const auto at = std::find_if(needed.begin(), needed.end(),
                               [&](const std::string& value) { return !has(given, value); });
  return at == needed.end() ? std::nullopt : std::optional(*at);
}

Status check_presets(const Policy& policy, const Approval& approval) {
  const auto missing = first_missing(policy.presets, approval.presets);
  if (missing) return refuse("redaction lacks the preset " + *missing);
  for (const std::string& preset : approval.presets) {
    if (is_own_profile(preset) && !has(policy.presets, preset))
      return refuse("redaction names the profile " + preset + ", which policy does not");
  }
  return {};
}

Status check_replay(const Policy& policy, const Approval& approval) {
  const auto missing = first_missing(approval.replay, policy.replay_targets);
  if (missing) return refuse("replay to " + *missing + " is not allowed");
  return {};
}

// Whether every host that `asked` matches is matched by `pattern`.
bool covers(std::string_view pattern, std::string_view asked) {
  if (pattern == asked) return true;
  if (asked.starts_with("*.")) asked.remove_prefix(2);
  return pattern.starts_with("*.") && matches_host(pattern, asked);
}

// Whether some host matches both.
bool overlaps(std::string_view a, std::string_view b) {
  return covers(a, b) || covers(b, a) || matches_host(a, b) || matches_host(b, a);
}

Status check_third_party(const Policy& policy, const std::string& asked) {
  const auto& denials = policy.third_parties_denied;
  const auto denied = std::find_if(denials.begin(), denials.end(), [&](const std::string& pattern) {
    return asked == "any" || overlaps(pattern, asked);
  });
  if (denied != denials.end()) {
    return refuse("third-party " + asked + " meets the denied " + *denied);
  }
  if (policy.third_parties_allowed.empty()) return {};
  const auto& allowed = policy.third_parties_allowed;
  const bool covered = asked != "any" &&
                       std::any_of(allowed.begin(), allowed.end(), [&](const std::string& pattern) {
                         return covers(pattern, asked);
                       });
  if (covered) return {};
  return refuse("third-party " + asked + " is not among the allowed ones");
}

Status check_recipients(const Policy& policy, const Approval& approval) {
  if (!policy.is_encryption_required) return {};
  const bool found = std::any_of(
      approval.recipients.begin(), approval.recipients.end(), [&](const std::string& recipient) {
        return policy.recipients.empty() || has(policy.recipients, recipient);
      });
  if (found) return {};
  const std::string wanted = policy.recipients.empty() ? "KEY" : policy.recipients.front();
  return refuse(approval.recipients.empty()
                    ? "encryption is required, and the approval names no recipient"
                    : "encryption is required, and none of the recipients is one that policy names",
                "ask again with token request --recipient " + quote_for_shell(wanted));
}

}  // namespace

std::string_view Policy::person_of(std::string_view principal) const {
  const auto at = people.find(principal);
  return at == people.end() ? principal : std::string_view(at->second);
}

bool Policy::is_member(std::string_view group, std::string_view person) const {
  const auto at = groups.find(group);
  return at != groups.end() &&
         std::any_of(at->second.begin(), at->second.end(), [&](const std::string& name) {
           return name == person || person_of(name) == person;
         });
}

bool Policy::may_revoke(std::string_view person) const {
  return std::any_of(revokers.begin(), revokers.end(), [&](const std::string& name) {
    return person_of(name) == person || is_member(name, person);
  });
}

Result<Policy> parse_policy(std::string_view text) {
  const auto json = parse_strict_json(text);
  if (!json) return fail(ErrorCode::kCorrupt, "policy: " + json.error().message());
  Policy policy;
  const std::string fault = read_members(*json, &policy);
  if (!fault.empty()) return fail(ErrorCode::kCorrupt, "policy: " + fault);
  policy.digest = sha256(as_bytes(text));
  return policy;
}

Result<Policy> read_policy(const std::string& path) {
  auto text = read_file(path, kMaxPolicyFile);
  if (!text) {
    return fail(std::move(text).error().with_context("policy").with_hint("scopetrace init"));
  }
  return parse_policy(*text);
}

std::string format_default_policy(std::string_view environment) {
  const Policy policy;
  Json json;
  json["environment"] = environment;
  json["people"] = Json::object();
  json["groups"] = {{policy.break_glass.review_group, Json::array()}};
  for (const Level level : {Level::kMetadata, Level::kHeaders, Level::kShape, Level::kRedacted}) {
    json["approvals"][std::string(level_name(level))] =
        policy.approvals[static_cast<std::size_t>(level)];
  }
  json["approvals"]["any_third_party"] = policy.approvals_any_third_party;
  json["approvals"]["any_request"] = policy.approvals_any_request;
  json["approvals"]["any_request_seconds"] = policy.any_request_seconds;
  json["limits"] = {{"seconds", policy.limits.seconds},
                    {"bytes", policy.limits.bytes},
                    {"events_per_second", policy.limits.events_per_second},
                    {"cpu_percent", policy.limits.cpu_percent}};
  json["presets"] = policy.presets;
  json["third_parties"] = {{"allowed", Json::array()}, {"denied", Json::array()}};
  json["require_uv"] = policy.is_user_verification_required;
  json["encryption_required"] = policy.is_encryption_required;
  json["recipients"] = Json::array();
  json["otlp_targets"] = Json::array();
  json["replay_targets"] = Json::array();
  json["revokers"] = Json::array();
  json["retention"] = {{"days", 0}, {"bytes", 0}, {"legal_hold", false}, {"held", Json::array()}};
  json["break_glass"] = {{"allowed", policy.break_glass.is_allowed},
                         {"metadata_by_requester_alone", policy.break_glass.is_requester_enough},
                         {"review_group", policy.break_glass.review_group}};
  return json.dump(2) + "\n";
}

Status check_policy(const Policy& policy, const Approval& approval) {
  if (approval.is_break_glass && !policy.break_glass.is_allowed) {
    return refuse("break-glass is not allowed on this host");
  }
  ST_RETURN_IF_ERROR(check_limits(policy.limits, approval));
  ST_RETURN_IF_ERROR(check_presets(policy, approval));
  for (const std::string& asked : approval.third_parties) {
    ST_RETURN_IF_ERROR(check_third_party(policy, asked));
  }
  ST_RETURN_IF_ERROR(check_replay(policy, approval));
  return check_recipients(policy, approval);
}

bool matches_host(std::string_view pattern, std::string_view host) {
  if (!pattern.starts_with("*.")) return pattern == host;
  const std::string_view suffix = pattern.substr(1);
  return host.size() > suffix.size() && host.ends_with(suffix);
}

}  // namespace scopetrace
