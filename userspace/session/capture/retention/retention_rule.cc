// SPDX-License-Identifier: Apache-2.0
#include "userspace/session/capture/retention/retention_rule.h"

#include <algorithm>

#include "userspace/bundle/bundle_name.h"

namespace scopetrace {
namespace {

constexpr std::uint64_t kDaySeconds = 24 * 3600;

// A hold also counts when somebody wrote the name of a file.
bool is_held(const StoredBundle& bundle, const PolicyRetention& policy) {
  return std::any_of(policy.held.begin(), policy.held.end(), [&](const std::string& name) {
    const auto file = parse_bundle_file_name(name);
    return name == bundle.name || (file && file->bundle == bundle.name);
  });
}

// Why a bundle stays whatever its age and size; empty: nothing.
std::string reason_to_keep(const StoredBundle& bundle, const PolicyRetention& policy) {
  if (policy.is_on_legal_hold) return "legal hold on all bundles";
  if (is_held(bundle, policy)) return "legal hold";
  return bundle.is_running() ? "its capture runs" : "";
}

RetentionChoice choose(const StoredBundle& bundle, const PolicyRetention& policy) {
  RetentionChoice choice{.bundle = &bundle, .reason = reason_to_keep(bundle, policy)};
  if (!choice.reason.empty() || bundle.obstacle().empty()) return choice;
  choice.is_obstructed = true;
  choice.reason = bundle.obstacle();
  return choice;
}

bool is_too_old(const StoredBundle& bundle, const PolicyRetention& policy, std::uint64_t now_s) {
  return policy.days != 0 && now_s > bundle.written_s() &&
         now_s - bundle.written_s() > policy.days * kDaySeconds;
}

void doom(RetentionChoice& choice, std::string reason) {
  choice.is_doomed = true;
  choice.reason = std::move(reason);
}

// Oldest first, then by name, so that two runs agree.
std::vector<RetentionChoice*> by_age(std::vector<RetentionChoice>& choices) {
  std::vector<RetentionChoice*> order;
  order.reserve(choices.size());
  for (RetentionChoice& choice : choices) order.push_back(&choice);
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return a->bundle->written_s() < b->bundle->written_s();
  });
  return order;
}

}  // namespace

std::vector<RetentionChoice> judge_retention(const std::vector<StoredBundle>& bundles,
                                             const PolicyRetention& policy, std::uint64_t now_s) {
  std::vector<RetentionChoice> choices;
  choices.reserve(bundles.size());
  std::uint64_t left_bytes = 0;
  for (const StoredBundle& bundle : bundles) {
    RetentionChoice choice = choose(bundle, policy);
    if (choice.reason.empty() && is_too_old(bundle, policy, now_s)) {
      doom(choice, "older than " + std::to_string(policy.days) + " days");
    }
    if (!choice.is_doomed) left_bytes += bundle.stored_bytes();
    choices.push_back(std::move(choice));
  }
  for (RetentionChoice* choice : by_age(choices)) {
    if (policy.bytes == 0 || left_bytes <= policy.bytes) break;
    if (!choice->reason.empty()) continue;
    doom(*choice, "all together over " + std::to_string(policy.bytes) + " bytes");
    left_bytes -= choice->bundle->stored_bytes();
  }
  return choices;
}

}  // namespace scopetrace
