// SPDX-License-Identifier: Apache-2.0
// scopetrace policy: the rules in force on this host, and whether a policy file is sound.
#include "scopes/policy.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/commands.h"
#include "cli/token.h"
#include "scopes/host.h"

namespace scopetrace {
namespace {

struct PolicyOptions {
  std::string path;
  bool is_json = false;
};

using Json = nlohmann::ordered_json;
constexpr Level kLevels[] = {Level::kMetadata, Level::kHeaders, Level::kShape, Level::kRedacted};

std::string describe(const std::vector<GroupDemand>& demands) {
  std::string text;
  for (const GroupDemand& demand : demands) {
    text += fmt::format("{}{} of {}", text.empty() ? "" : ", ", demand.count, demand.group);
  }
  return text.empty() ? "any" : text;
}

// The effective values by the paths of their keys, in the order of the file.
Json effective_values(const Policy& policy) {
  Json values;
  values["environment"] = policy.environment;
  values["people"] = policy.people;
  values["groups"] = policy.groups;
  for (const Level level : kLevels) {
    const auto at = static_cast<std::size_t>(level);
    values["approvals." + std::string(level_name(level))] = policy.approvals[at];
  }
  values["approvals.any_third_party"] = policy.approvals_any_third_party;
  values["approvals.any_request"] = policy.approvals_any_request;
  values["approvals.any_request_seconds"] = policy.any_request_seconds;
  for (const Level level : kLevels) {
    const auto at = static_cast<std::size_t>(level);
    values["approvals_from." + std::string(level_name(level))] =
        describe(policy.approvals_from[at]);
  }
  values["limits.seconds"] = policy.limits.seconds;
  values["limits.bytes"] = policy.limits.bytes;
  values["limits.events_per_second"] = policy.limits.events_per_second;
  values["limits.cpu_percent"] = policy.limits.cpu_percent;
  values["presets"] = policy.presets;
  values["third_parties.allowed"] = policy.third_parties_allowed;
  values["third_parties.denied"] = policy.third_parties_denied;
  values["require_uv"] = policy.is_user_verification_required;
  values["encryption_required"] = policy.is_encryption_required;
  values["recipients"] = policy.recipients;
  values["otlp_targets"] = policy.otlp_targets;
  values["replay_targets"] = policy.replay_targets;
  values["revokers"] = policy.revokers;
  values["retention.days"] = policy.retention.days;
  values["retention.bytes"] = policy.retention.bytes;
  values["retention.legal_hold"] = policy.retention.is_on_legal_hold;
  values["retention.held"] = policy.retention.held;
  values["break_glass.allowed"] = policy.break_glass.is_allowed;
  values["break_glass.metadata_by_requester_alone"] = policy.break_glass.is_requester_enough;
  values["break_glass.review_group"] = policy.break_glass.review_group;
  return values;
}

std::string source_of(const Policy& policy, const std::string& key) {
  const auto at = policy.sources.find(key);
  return at == policy.sources.end() ? "default" : at->second;
}

Result<Policy> read_named(const PolicyOptions& options, const std::string& root) {
  return read_policy(options.path.empty() ? Folders(root).policy() : options.path);
}

Result<ExitCode> run_show(const PolicyOptions& options, const std::string& root) {
  ST_ASSIGN_OR_RETURN(const Policy policy, read_named(options, root));
  const Json values = effective_values(policy);
  if (options.is_json) {
    Json json = {{"digest", format_digest(policy.digest)}, {"values", Json::object()}};
    for (const auto& [key, value] : values.items()) {
      json["values"][key] = {{"value", value}, {"from", source_of(policy, key)}};
    }
    fmt::print("{}\n", json.dump(2));
    return ExitCode::kDone;
  }
  fmt::print("{}\n", format_digest(policy.digest));
  for (const auto& [key, value] : values.items()) {
    fmt::print("{:<40} {:<28} {}\n", key,
               value.is_string() ? value.get<std::string>() : value.dump(), source_of(policy, key));
  }
  return ExitCode::kDone;
}

// The people whose keys may approve here, by the trust file.
std::set<std::string> approvers(const Policy& policy, const TrustFile& trust) {
  std::set<std::string> people;
  for (const TrustLine& line : trust.lines()) {
    const auto& names = line.namespaces;
    if (std::find(names.begin(), names.end(), kApprovalNamespace) == names.end()) continue;
    for (const std::string& name : line.principals) people.emplace(policy.person_of(name));
  }
  return people;
}

// Rules that nobody could ever meet.
std::vector<std::string> unreachable_rules(const Policy& policy, const TrustFile& trust) {
  std::vector<std::string> found;
  const auto people = approvers(policy, trust);
  for (const Level level : kLevels) {
    const auto at = static_cast<std::size_t>(level);
    if (policy.approvals[at] > people.size()) {
      found.push_back(
          fmt::format("level {} needs {} to approve, and the trust file knows {} who may",
                      level_name(level), policy.approvals[at], people.size()));
    }
    for (const GroupDemand& demand : policy.approvals_from[at]) {
      const auto members = std::count_if(people.begin(), people.end(), [&](const auto& person) {
        return policy.is_member(demand.group, person);
      });
      if (static_cast<std::uint64_t>(members) < demand.count) {
        found.push_back(
            fmt::format("level {} needs {} of the group {}, which has {} who may approve",
                        level_name(level), demand.count, demand.group, members));
      }
    }
  }
  return found;
}

std::vector<std::string> find_problems(const Policy& policy, const Folders& folders) {
  std::vector<std::string> problems;
  if (policy.is_encryption_required && policy.recipients.empty()) {
    problems.emplace_back("encryption is required and no recipients are named: any key would do");
  }
  if (policy.break_glass.is_allowed && policy.groups.count(policy.break_glass.review_group) == 0) {
    problems.push_back("break-glass is allowed and the group " + policy.break_glass.review_group +
                       ", which has to review it, does not exist");
  }
  const auto trust = TrustFile::read(folders.allowed_signers());
  if (!trust) return problems;
  for (std::string& rule : unreachable_rules(policy, *trust)) problems.push_back(std::move(rule));
  return problems;
}

Result<ExitCode> run_check(const PolicyOptions& options, const std::string& root) {
  const auto policy = read_named(options, root);
  std::vector<std::string> problems;
  if (policy) {
    problems = find_problems(*policy, Folders(root));
  } else {
    problems.push_back(policy.error().message());
  }
  for (const std::string& problem : problems) fmt::print("{}\n", problem);
  if (problems.empty()) fmt::print("sound: {}\n", format_digest(policy->digest));
  return problems.empty() ? ExitCode::kDone : ExitCode::kFailed;
}

}  // namespace

Command add_policy_command(CLI::App& app, const GlobalOptions& global) {
  auto options = std::make_shared<PolicyOptions>();
  CLI::App* policy = app.add_subcommand("policy", "Show and check the rules of this host");
  policy->require_subcommand(1);
  CLI::App* show =
      policy->add_subcommand("show", "Print effective values and where each comes from");
  show->add_option("file", options->path, "Policy; default: this host's");
  show->add_flag("--json", options->is_json, "Print JSON");
  add_examples(*show, {"scopetrace policy show", "scopetrace policy show policy.json --json"});
  CLI::App* check =
      policy->add_subcommand("check", "Exit with 1 and the reasons unless it is sound");
  check->add_option("file", options->path, "Policy; default: this host's");
  add_examples(*check, {"scopetrace policy check policy.json", "scopetrace policy check"});
  return {policy, [options, &global, show] {
            return show->parsed() ? run_show(*options, global.root)
                                  : run_check(*options, global.root);
          }};
}

}  // namespace scopetrace
