// SPDX-License-Identifier: Apache-2.0
#include "cli/approval_review.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "cli/approval_words.h"
#include "cli/token.h"
#include "scopes/approval_rules.h"
#include "scopes/shell.h"
#include "scopes/target.h"
#include "userspace/base/clock.h"
#include "userspace/base/file.h"
#include "userspace/redact/rules/names.h"
#include "userspace/session/host_rules.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxEnvironment = 4 << 20;

std::string find_validity(const Approval& approval, std::uint64_t now_s) {
  if (now_s < approval.not_before_s) {
    return "not valid before " + format_seconds(approval.not_before_s);
  }
  return now_s > approval.not_after_s ? "expired at " + format_seconds(approval.not_after_s) : "";
}

PolicyView view_policy(const Policy& policy, const Approval& approval, const Folders& folders) {
  PolicyView view;
  view.environment = policy.environment;
  const auto host = read_host();
  const bool is_file = ::access(folders.policy().c_str(), F_OK) == 0;
  const bool is_here = host && host->name == approval.host;
  view.place = !is_file  ? "defaults: there is no policy here"
               : is_here ? "of this host"
                         : "of this machine, which is not " + approval.host;
  const Status allowed = check_policy(policy, approval);
  if (!allowed) view.refusal = allowed.error().message();
  view.needed = policy.approvals_needed(approval);
  for (ApprovalDemand& demand : find_approval_demands(policy, approval)) {
    // What the text asks for repeats the rules of the time, and is news only when it is more.
    const bool is_repeated = demand.is_of_text && !view.demands.empty();
    if (demand.count == view.needed && !is_repeated) view.demands.push_back(std::move(demand));
  }
  if (!approval.is_break_glass) {
    view.groups = policy.approvals_from[static_cast<std::size_t>(approval.level)];
  }
  view.is_as_asked = policy.digest == approval.policy;
  return view;
}

// What the environment of the target holds, by the names in it. Only on its host, and only where
// the reviewer may look; no value is kept.
std::optional<std::vector<std::string>> find_held(const Approval& approval, const RuleSet& rules) {
  const auto host = read_host();
  const bool is_here = approval.target.kind == TargetKind::kProcess && host &&
                       host->name == approval.host && host->boot_id == approval.boot_id;
  if (!is_here) return std::nullopt;
  const auto process = read_process(approval.target.tgid);
  if (!process || process->start_ticks != approval.target.start_ticks) return std::nullopt;
  auto environment =
      read_file("/proc/" + std::to_string(approval.target.tgid) + "/environ", kMaxEnvironment);
  if (!environment) return std::nullopt;
  const NameTable names(rules);
  std::set<std::string> classes;
  for (const std::string& entry : split_list(*environment, '\0')) {
    const auto found = names.class_of(entry.substr(0, entry.find('=')));
    if (found) classes.emplace(*found);
  }
  wipe(*environment);
  return std::vector<std::string>(classes.begin(), classes.end());
}

// Profiles of the approval's host need not be here: then the built-in `standard` is told of, as one
// that is not known.
Result<DetectorView> view_detectors(const Approval& approval, const Folders& folders) {
  auto named = read_host_rules(approval.presets, folders);
  if (!named) named = RuleSet::parse(standard_profile());
  ST_ASSIGN_OR_RETURN(const RuleSet rules, std::move(named));
  DetectorView view;
  view.is_known = rules.digest() == approval.redaction;
  std::set<std::string_view> classes;
  for (const ShapeRule& rule : rules.shapes()) classes.insert(rule.class_name);
  for (const NameRule& rule : rules.names()) classes.insert(rule.class_name);
  view.classes = classes.size();
  view.held = find_held(approval, rules);
  return view;
}

// One pipeline, so that no file of the reviewer's is in the way; the second command sees only a
// signature that was made.
std::vector<std::string> make_commands(const std::string& path) {
  const bool is_option = path.starts_with('-');
  const std::string file = path == "-" ? "FILE" : (is_option ? "./" : "") + path;
  const std::string name = quote_for_shell(file);
  const std::string signature = quote_for_shell(file + ".sig");
  return {
      fmt::format("sed '/^$/,$d' {} | ssh-keygen -Y sign -f ~/.ssh/id_ed25519 -n {} > {} && "
                  "cat {} >> {}",
                  name, kApprovalNamespace, signature, signature, name)};
}

}  // namespace

Result<ApprovalReview> review_approval(const ApprovalText& document, const std::string& path,
                                       const std::optional<ApprovalText>& before,
                                       const Folders& folders) {
  const std::uint64_t now_s = realtime_ns() / kNanosecondsPerSecond;
  const Approval& approval = document.approval;
  ApprovalReview review;
  review.document = document;
  ST_ASSIGN_OR_RETURN(const Policy policy, read_policy_or_default(folders));
  const auto trust = read_trust_for("", folders);
  if (trust) review.quorum = judge_quorum(document, *trust, policy, now_s);
  review.validity = find_validity(approval, now_s);
  review.risks = find_risks(approval, review.quorum && review.quorum->are_facts_proved);
  review.policy = view_policy(policy, approval, folders);
  ST_ASSIGN_OR_RETURN(review.detectors, view_detectors(approval, folders));
  for (const std::string& block : document.text.blocks) {
    review.means.push_back(explain_means(block));
  }
  if (before) review.changes = compare_approvals(approval, before->approval);
  review.commands = make_commands(path);
  return review;
}

}  // namespace scopetrace
