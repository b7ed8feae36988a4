// SPDX-License-Identifier: Apache-2.0
// The page of `token show`, and its JSON.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "cli/approval_review.h"
#include "cli/approval_words.h"
#include "cli/quantity.h"
#include "cli/token.h"
#include "userspace/base/clock.h"

namespace scopetrace {
namespace {

constexpr std::size_t kWidth = 100;  // columns of the page
constexpr std::size_t kIndent = 12;  // where values begin

// Writes the page. Text from people is quoted, and what is wrapped stays behind the column of the
// labels: no text can look like another field.
class Page {
 public:
  explicit Page(bool is_coloured) : is_coloured_(is_coloured) {}

  void title(std::string_view text) { fmt::print("\n{}\n", paint("1", text)); }
  void sentence(std::string_view text) {
    for (const std::string& line : wrap_text(text, kWidth)) fmt::print("{}\n", paint("1", line));
  }
  void field(std::string_view label, std::string_view text) {
    const auto lines = wrap_text(text, kWidth - kIndent);
    fmt::print("  {:<10}{}\n", label, lines.front());
    for (std::size_t i = 1; i < lines.size(); ++i) fmt::print("{:12}{}\n", "", lines[i]);
  }
  void quote(std::string_view label, std::string_view text) {
    field(label, "\"" + std::string(text) + "\"");
  }
  // A line behind a mark; the mark takes the colour.
  void mark(std::string_view sign, std::string_view colour, std::string_view text) {
    const auto lines = wrap_text(text, kWidth - 4);
    fmt::print("  {} {}\n", paint(colour, sign), lines.front());
    for (std::size_t i = 1; i < lines.size(); ++i) fmt::print("    {}\n", lines[i]);
  }

  std::string paint(std::string_view colour, std::string_view text) const {
    return is_coloured_ ? fmt::format("\x1b[{}m{}\x1b[0m", colour, text) : std::string(text);
  }

 private:
  bool is_coloured_;
};

constexpr std::string_view kRed = "31";
constexpr std::string_view kGreen = "32";
constexpr std::string_view kYellow = "33";

void print_subject(const Approval& a, Page* page) {
  page->sentence(summarize(a));
  fmt::print("\n");
  page->field("target", explain_target(a.target));
  page->quote("runs", a.context);
  page->field("program", explain_programs(a.target));
  page->field("on", a.host + " (key " + a.host_key + ")");
  page->quote("why", a.reason);
  page->quote("ticket", a.ticket);
}

void print_view(const Approval& a, Page* page) {
  page->title("What would be seen");
  page->field("with",
              a.has_any_third_party() ? "every third party" : join_words(a.third_parties, ", "));
  page->field("requests", explain_requests(a));
  page->field("events", explain_capture(a.capture));
  page->field("level", fmt::format("{}: {}", level_name(a.level), explain_level(a.level)));
  page->field("between", fmt::format("{} and {} ({})", format_seconds(a.not_before_s),
                                     format_seconds(a.not_after_s),
                                     explain_span(a.not_after_s - a.not_before_s)));
  page->field("at most", explain_budget(a));
}

void print_worst(const ApprovalReview& review, Page* page) {
  const Approval& a = review.document.approval;
  page->title("Worst case");
  page->field("amount",
              fmt::format("{} of traffic is read, {} events/s, {} % of one CPU",
                          format_size(a.max_bytes), a.max_events_per_second, a.max_cpu_percent));
  const std::string presets = join_words(a.presets, "+");
  page->field("taken out",
              review.detectors.is_known
                  ? fmt::format("{} classes of secrets and personal data that {} knows by name or "
                                "form: keys, tokens, passwords, cards, e-mail, phone and more",
                                review.detectors.classes, presets)
                  : fmt::format("what the rule set {} of {} knows; it is not that of this program",
                                presets, a.host));
  if (const auto& held = review.detectors.held) {
    page->field("holds", held->empty() ? "nothing that its environment's names announce"
                                       : join_words(*held, ", ") + " (names in its environment)");
  }
  page->field("slips by", explain_leaks(a.level));
  for (const std::string& recipient : a.recipients) page->field("for", recipient);
}

void print_risks(const ApprovalReview& review, Page* page) {
  if (review.risks.empty() && review.validity.empty()) return;
  page->title("Risks");
  if (!review.validity.empty()) page->mark("!", kRed, review.validity);
  for (const Risk& risk : review.risks) page->mark("!", kYellow, risk.text);
}

std::string_view sign_of(ChangeKind kind) {
  if (kind == ChangeKind::kOther) return "~";
  return kind == ChangeKind::kWider ? "!" : "-";
}

void print_changes(const std::vector<ApprovalChange>& changes, Page* page) {
  page->title("Against the earlier approval");
  if (changes.empty()) fmt::print("  the same but for id, nonce and times\n");
  for (const ApprovalChange& change : changes) {
    page->mark(sign_of(change.kind), change.kind == ChangeKind::kWider ? kYellow : "0",
               fmt::format("{:<9} {}: {}", change_name(change.kind), change.field, change.text));
  }
}

void print_policy(const PolicyView& policy, Page* page) {
  page->title(fmt::format("Policy: {}, {}", policy.environment, policy.place));
  if (policy.refusal.empty()) {
    page->mark("+", kGreen, "allows it");
  } else {
    page->mark("-", kRed, "refuses it: " + policy.refusal);
  }
  std::vector<std::string> rules;
  for (const ApprovalDemand& demand : policy.demands) rules.push_back(demand.rule);
  fmt::print("  needs {} approval{}, by {}\n", policy.needed, policy.needed == 1 ? "" : "s",
             join_words(rules, ", "));
  for (const GroupDemand& demand : policy.groups) {
    fmt::print("  of them {} of group {}\n", demand.count, demand.group);
  }
  if (!policy.is_as_asked) fmt::print("  it is another policy than when this was asked for\n");
}

void print_signatures(const ApprovalReview& review, Page* page) {
  if (!review.quorum) {
    page->title("Signatures");
    fmt::print("  {} blocks, not checked: no trust file here\n", review.means.size());
    return;
  }
  const Quorum& quorum = *review.quorum;
  page->title(fmt::format("Signatures: {} of {} approvals", quorum.counted, quorum.needed));
  for (std::size_t i = 0; i < quorum.signers.size() && i < review.means.size(); ++i) {
    const bool is_good = quorum.signers[i].problem.empty();
    page->mark(is_good ? "+" : "-", is_good ? kGreen : kRed,
               describe_signer(quorum.signers[i]) +
                   (quorum.signers[i].role == "host" ? "" : " (" + review.means[i] + ")"));
  }
}

using Json = nlohmann::ordered_json;

Json policy_json(const PolicyView& policy) {
  auto rules = Json::array();
  for (const ApprovalDemand& demand : policy.demands) rules.push_back(demand.rule);
  auto groups = Json::object();
  for (const GroupDemand& demand : policy.groups) groups[demand.group] = demand.count;
  return {{"environment", policy.environment}, {"place", policy.place},
          {"allowed", policy.refusal.empty()}, {"refusal", policy.refusal},
          {"needed", policy.needed},           {"rules", std::move(rules)},
          {"groups", std::move(groups)},       {"as_asked", policy.is_as_asked}};
}

Json signatures_json(const ApprovalReview& review) {
  auto signatures = Json::array();
  for (std::size_t i = 0; i < review.means.size(); ++i) {
    Json signature = {{"means", review.means[i]}};
    if (review.quorum && i < review.quorum->signers.size()) {
      const QuorumSigner& signer = review.quorum->signers[i];
      signature.update({{"role", signer.role},
                        {"principal", signer.principal},
                        {"person", signer.person},
                        {"key", signer.fingerprint},
                        {"problem", signer.problem}});
    }
    signatures.push_back(std::move(signature));
  }
  return signatures;
}

Json changes_json(const std::vector<ApprovalChange>& changes) {
  auto list = Json::array();
  for (const ApprovalChange& change : changes) {
    list.push_back(
        {{"kind", change_name(change.kind)}, {"field", change.field}, {"text", change.text}});
  }
  return list;
}

}  // namespace

void print_review(const ApprovalReview& review, bool is_coloured) {
  Page page(is_coloured);
  const Approval& approval = review.document.approval;
  print_subject(approval, &page);
  print_view(approval, &page);
  print_worst(review, &page);
  print_risks(review, &page);
  if (review.changes) print_changes(*review.changes, &page);
  print_policy(review.policy, &page);
  print_signatures(review, &page);
  page.title("To sign it: scopetrace token approve, or with stock tools");
  for (const std::string& command : review.commands) fmt::print("  {}\n", command);
}

void print_review_json(const ApprovalReview& review) {
  auto fields = Json::object();
  for (const SignedField& field : review.document.text.fields) {
    fields[field.key].push_back(field.value);
  }
  auto risks = Json::array();
  for (const Risk& risk : review.risks) risks.push_back({{"name", risk.name}, {"text", risk.text}});
  Json answer = {{"kind", review.document.text.kind},
                 {"summary", summarize(review.document.approval)},
                 {"fields", std::move(fields)},
                 {"validity", review.validity},
                 {"risks", std::move(risks)},
                 {"policy", policy_json(review.policy)},
                 {"signatures", signatures_json(review)}};
  if (review.quorum) {
    answer["counted"] = review.quorum->counted;
    answer["needed"] = review.quorum->needed;
    answer["facts_proved"] = review.quorum->are_facts_proved;
  }
  if (review.detectors.held) answer["held_classes"] = *review.detectors.held;
  if (review.changes) answer["changes"] = changes_json(*review.changes);
  answer["commands"] = review.commands;
  fmt::print("{}\n", answer.dump(2));
}

}  // namespace scopetrace
