// SPDX-License-Identifier: Apache-2.0
#include "cli/approval_diff.h"

#include <algorithm>

#include "cli/approval_words.h"
#include "cli/quantity.h"
#include "scopes/approval_rules.h"

namespace scopetrace {
namespace {

using Strings = std::vector<std::string>;

bool has(const Strings& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

ChangeKind invert(ChangeKind kind) {
  if (kind == ChangeKind::kOther) return kind;
  return kind == ChangeKind::kWider ? ChangeKind::kNarrower : ChangeKind::kWider;
}

// Compares field by field and keeps what differs.
class Comparison {
 public:
  void text(const char* field, const std::string& now, const std::string& before,
            ChangeKind kind = ChangeKind::kOther) {
    if (now != before) changes_.push_back({kind, field, now + " (was " + before + ")"});
  }

  // A number, of which more is wider unless said otherwise.
  void number(const char* field, std::uint64_t now, std::uint64_t before,
              std::string (*format)(std::uint64_t), ChangeKind more = ChangeKind::kWider) {
    text(field, format(now), format(before), now > before ? more : invert(more));
  }

  void flag(const char* field, bool now, bool before) {
    text(field, now ? "yes" : "no", before ? "yes" : "no",
         now ? ChangeKind::kWider : ChangeKind::kNarrower);
  }

  // A set, whose members added count as `added`. The word `any` stands for all there could be.
  void list(const char* field, const Strings& now, const Strings& before,
            ChangeKind added = ChangeKind::kWider) {
    const bool is_any = has(now, "any");
    if (is_any != has(before, "any")) {
      return text(field, join_words(now, ", "), join_words(before, ", "),
                  is_any ? added : invert(added));
    }
    for (const std::string& item : now) {
      if (!has(before, item)) changes_.push_back({added, field, "added " + item});
    }
    for (const std::string& item : before) {
      if (!has(now, item)) changes_.push_back({invert(added), field, "removed " + item});
    }
  }

  std::vector<ApprovalChange> take() { return std::move(changes_); }

 private:
  std::vector<ApprovalChange> changes_;
};

std::string plain(std::uint64_t number) { return std::to_string(number); }

bool is_group(const ApprovalTarget& target) {
  return target.kind != TargetKind::kProcess && target.kind != TargetKind::kCommand;
}

Strings list_programs(const ApprovalTarget& target) {
  if (target.executables.empty()) return {"any"};
  Strings list;
  for (const Digest& digest : target.executables) list.push_back(format_digest(digest));
  return list;
}

Strings list_requests(const Approval& approval) {
  Strings list;
  for (const RequestMatch& match : approval.requests) list.push_back(format_request(match));
  return list;
}

void compare_target(const ApprovalTarget& now, const ApprovalTarget& before, Comparison* changes) {
  const ChangeKind kind = is_group(now) == is_group(before) ? ChangeKind::kOther
                          : is_group(now)                   ? ChangeKind::kWider
                                                            : ChangeKind::kNarrower;
  changes->text("target", explain_target(now), explain_target(before), kind);
  if (is_group(now) && is_group(before)) {
    changes->list("program", list_programs(now), list_programs(before));
  } else {
    changes->text("program", explain_programs(now), explain_programs(before),
                  now.executables.empty() ? ChangeKind::kWider : ChangeKind::kOther);
  }
}

// From nobody to somebody is narrower: what anybody could read is encrypted then.
void compare_recipients(const Strings& now, const Strings& before, Comparison* changes) {
  if (now.empty() == before.empty()) return changes->list("recipient", now, before);
  changes->text("recipient", now.empty() ? "nobody: not encrypted" : join_words(now, ", "),
                before.empty() ? "nobody: not encrypted" : join_words(before, ", "),
                now.empty() ? ChangeKind::kWider : ChangeKind::kNarrower);
}

void compare_scope(const Approval& now, const Approval& before, Comparison* changes) {
  changes->flag("children", now.children, before.children);
  changes->flag("inbound", now.inbound, before.inbound);
  changes->list("third-party", now.third_parties, before.third_parties);
  changes->list("request", list_requests(now), list_requests(before));
  changes->list("capture", split_list(format_capture(now.capture), ','),
                split_list(format_capture(before.capture), ','));
  changes->text("level", std::string(level_name(now.level)), std::string(level_name(before.level)),
                now.level > before.level ? ChangeKind::kWider : ChangeKind::kNarrower);
  changes->list("redaction", now.presets, before.presets, ChangeKind::kNarrower);
  changes->text("rule set", format_digest(now.redaction), format_digest(before.redaction));
  changes->list("learn", now.learn, before.learn);
  compare_recipients(now.recipients, before.recipients, changes);
  changes->list("replay", now.replay, before.replay);
}

void compare_limits(const Approval& now, const Approval& before, Comparison* changes) {
  changes->number("window", now.not_after_s - now.not_before_s,
                  before.not_after_s - before.not_before_s, explain_span);
  changes->number("max-seconds", now.max_seconds, before.max_seconds, explain_span);
  changes->number("max-bytes", now.max_bytes, before.max_bytes, format_size);
  changes->number("max-events-per-second", now.max_events_per_second, before.max_events_per_second,
                  plain);
  changes->number("max-cpu-percent", now.max_cpu_percent, before.max_cpu_percent, plain);
  changes->number("uses", now.uses, before.uses, plain);
  changes->number("approvals", now.approvals, before.approvals, plain, ChangeKind::kNarrower);
  changes->text("policy", format_digest(now.policy), format_digest(before.policy));
}

}  // namespace

std::string_view change_name(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::kWider:
      return "wider";
    case ChangeKind::kNarrower:
      return "narrower";
    case ChangeKind::kOther:
      break;
  }
  return "changed";
}

std::vector<ApprovalChange> compare_approvals(const Approval& now, const Approval& before) {
  Comparison changes;
  changes.flag("break-glass", now.is_break_glass, before.is_break_glass);
  changes.text("requester", now.requester, before.requester);
  changes.text("ticket", now.ticket, before.ticket);
  changes.text("reason", now.reason, before.reason);
  changes.text("host", now.host, before.host);
  changes.text("host key", now.host_key, before.host_key);
  compare_target(now.target, before.target, &changes);
  changes.text("context", now.context, before.context);
  compare_scope(now, before, &changes);
  compare_limits(now, before, &changes);
  return changes.take();
}

}  // namespace scopetrace
