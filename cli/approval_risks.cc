// SPDX-License-Identifier: Apache-2.0
#include "cli/approval_risks.h"

#include <fmt/core.h>

#include <algorithm>

#include "cli/approval_words.h"
#include "userspace/base/clock.h"

namespace scopetrace {
namespace {

constexpr std::uint64_t kLongCaptureSeconds = 3'600;
constexpr std::uint64_t kLongWindowSeconds = 86'400;

// Collects what holds.
class RiskList {
 public:
  void add(bool holds, std::string_view name, std::string text) {
    if (holds) risks_.push_back({name, std::move(text)});
  }
  std::vector<Risk> take() { return std::move(risks_); }

 private:
  std::vector<Risk> risks_;
};

void add_kind(const Approval& a, bool are_facts_proved, RiskList* list) {
  list->add(!are_facts_proved, "facts-unproved",
            "target facts unproved: no signature of the host was verified here; attach refuses "
            "without");
  list->add(a.is_break_glass, "break-glass",
            "break-glass: one signature is enough, and the review comes afterwards");
}

void add_scope(const Approval& a, RiskList* list) {
  const bool has_wildcard =
      std::any_of(a.third_parties.begin(), a.third_parties.end(),
                  [](const std::string& host) { return host.starts_with("*."); });
  list->add(a.level == Level::kRedacted, "bodies", "bodies: text that no detector knows is kept");
  list->add(a.has_any_third_party(), "any-third-party", "every third party, not a named one");
  list->add(has_wildcard, "wildcard-third-party", "whole domains, not single hosts");
  list->add(a.has_any_request(), "any-request", "every request, not one: other people's too");
  list->add(a.inbound, "inbound", "inbound: also what the target's own callers send");
  list->add(!a.learn.empty(), "learn",
            "learn: secret values are read from the target's " + join_words(a.learn, " and ") +
                ", to take them out");
  list->add(!a.replay.empty(), "replay",
            "replay: requests are sent again to " + join_words(a.replay, ", "));
}

void add_target(const Approval& a, RiskList* list) {
  const bool is_group = a.target.kind == TargetKind::kUnit ||
                        a.target.kind == TargetKind::kContainer ||
                        a.target.kind == TargetKind::kCgroup;
  list->add(is_group, "joining-processes",
            "processes that start there later are captured too, also after a restart");
  list->add(a.target.executables.empty(), "any-executable", "exe=any: whatever program runs there");
  list->add(a.children, "children", "children: follows fork and exec into other programs");
}

void add_keeping(const Approval& a, RiskList* list) {
  list->add(a.recipients.empty(), "no-recipients",
            "no recipients: the bundle is not encrypted, whoever has the file can read it");
  list->add(a.uses > 1, "several-uses", fmt::format("{} uses, without asking again", a.uses));
  list->add(a.max_seconds > kLongCaptureSeconds, "long-capture",
            "long: captures for " + explain_span(a.max_seconds));
  const std::uint64_t window_s = a.not_after_s - a.not_before_s;
  list->add(window_s > kLongWindowSeconds, "long-window",
            fmt::format("long window: may be used within {}, until {}", explain_span(window_s),
                        format_seconds(a.not_after_s)));
}

}  // namespace

std::vector<Risk> find_risks(const Approval& approval, bool are_facts_proved) {
  RiskList list;
  add_kind(approval, are_facts_proved, &list);
  add_scope(approval, &list);
  add_target(approval, &list);
  add_keeping(approval, &list);
  return list.take();
}

}  // namespace scopetrace
