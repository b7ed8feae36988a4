// SPDX-License-Identifier: Apache-2.0
// scopetrace token show: what a reviewer needs to decide in a minute.
#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/quantity.h"
#include "cli/token.h"
#include "scopes/shell.h"
#include "userspace/base/clock.h"

namespace scopetrace {
namespace {

struct ShowOptions {
  std::string path;
  std::string against_path;
  bool is_json = false;
};

std::string_view explain(Level level) {
  switch (level) {
    case Level::kMetadata:
      return "method, host, path template, status, sizes, timing; no header, no body";
    case Level::kHeaders:
      return "the same with path, query names and redacted header values; no body";
    case Level::kShape:
      return "headers, and the structure and types of bodies without values";
    case Level::kRedacted:
      return "headers and bodies, with what the detectors know taken out";
  }
  return "";
}

std::string join(const std::vector<std::string>& words, std::string_view separator) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += separator;
    text += word;
  }
  return text;
}

std::string explain_requests(const Approval& approval) {
  if (approval.has_any_request()) return "every request";
  if (approval.requests[0].kind == RequestKind::kFailed) {
    return "only failed ones: status 400 and above, reset, time-out";
  }
  std::vector<std::string> matches;
  for (const RequestMatch& match : approval.requests) {
    matches.push_back(match.header + "=" + match.value);
  }
  return "only those with " + join(matches, " or ");
}

// What could be regretted, each in a line of its own.
std::vector<std::string> find_risks(const Approval& approval, const Quorum* quorum) {
  std::vector<std::string> risks;
  if (approval.has_any_third_party()) risks.push_back("every third party, not a named one");
  if (approval.has_any_request()) risks.push_back("every request, not one");
  if (approval.level == Level::kRedacted) {
    risks.push_back("bodies: text that no detector knows is kept");
  }
  if (approval.children) risks.push_back("children: follows fork and exec into other programs");
  if (approval.inbound) risks.push_back("inbound: also what the target's own callers send");
  if (approval.recipients.empty()) {
    risks.push_back("no recipients: the bundle is not encrypted, whoever has the file can read it");
  }
  if (approval.target.executables.empty()) risks.push_back("any executable");
  if (approval.uses > 1) risks.push_back(fmt::format("{} uses", approval.uses));
  if (!approval.replay.empty()) risks.push_back("replay to " + join(approval.replay, ", "));
  if (quorum == nullptr || !quorum->are_facts_proved) {
    risks.push_back(
        "target facts unproved: no signature of the host was verified here; attach refuses "
        "without");
  }
  return risks;
}

void print_line(std::string_view name, std::string_view text) {
  fmt::print("  {:<9} {}\n", name, text);
}

void print_facts(const Approval& approval) {
  fmt::print("{} asks to debug\n", approval.requester);
  print_line("what", approval.context);
  print_line("target", format_target(approval.target));
  print_line("host", approval.host);
  print_line("why", approval.reason);
  print_line("ticket", approval.ticket);
  print_line("with", join(approval.third_parties, ", "));
  print_line("requests", explain_requests(approval));
  print_line("events", format_capture(approval.capture));
  print_line("level", fmt::format("{}: {}", level_name(approval.level), explain(approval.level)));
  print_line("redaction", join(approval.presets, "+"));
}

void print_limits(const Approval& approval) {
  print_line("between", format_seconds(approval.not_before_s) + " and " +
                            format_seconds(approval.not_after_s));
  print_line("at most",
             fmt::format("{} and {} in {} use{}, {} events/s, {} % of one CPU",
                         format_duration(approval.max_seconds), format_size(approval.max_bytes),
                         approval.uses, approval.uses == 1 ? "" : "s",
                         approval.max_events_per_second, approval.max_cpu_percent));
}

void print_difference(const SignedText& now, const SignedText& before) {
  fmt::print("\nDifferent from the earlier approval\n");
  for (const SignedField& field : now.fields) {
    if (field.key == "id" || field.key == "nonce") continue;
    const auto old = join(
        [&] {
          std::vector<std::string> values;
          for (const auto value : before.values(field.key)) values.emplace_back(value);
          return values;
        }(),
        ", ");
    if (old.find(field.value) == std::string::npos) {
      fmt::print("  {}: {} (was {})\n", field.key, field.value, old.empty() ? "absent" : old);
    }
  }
}

void print_signing(const std::string& path) {
  const std::string name = quote_for_shell(path == "-" ? "FILE" : path);
  fmt::print(
      "\nTo sign it\n"
      "  scopetrace token approve {0} --key ~/.ssh/id_ed25519\n"
      "or with stock tools\n"
      "  sed '/^$/,$d' {0} > body && ssh-keygen -Y sign -f ~/.ssh/id_ed25519 -n {1} body\n"
      "  cat body.sig >> {0}\n",
      name, kApprovalNamespace);
}

void print_signatures(const Quorum* quorum) {
  fmt::print("\nSignatures\n");
  if (quorum == nullptr) {
    fmt::print("  not checked: no trust file here\n");
    return;
  }
  for (const QuorumSigner& signer : quorum->signers) {
    fmt::print("  {} {}\n", signer.problem.empty() ? "+" : "-", describe_signer(signer));
  }
  fmt::print("  {} of {} approvals\n", quorum->counted, quorum->needed);
}

void print_json(const ApprovalText& document, const std::vector<std::string>& risks,
                const Quorum* quorum) {
  auto fields = nlohmann::ordered_json::object();
  for (const SignedField& field : document.text.fields) fields[field.key].push_back(field.value);
  nlohmann::ordered_json answer = {{"fields", std::move(fields)}, {"risks", risks}};
  if (quorum != nullptr) {
    answer["counted"] = quorum->counted;
    answer["needed"] = quorum->needed;
  }
  fmt::print("{}\n", answer.dump(2));
}

std::optional<Quorum> judge_here(const ApprovalText& document, const std::string& root) {
  const Folders folders(root);
  const auto trust = read_trust_for("", folders);
  const auto policy = read_policy_or_default(folders);
  if (!trust || !policy) return std::nullopt;
  return judge_quorum(document, *trust, *policy, realtime_ns() / kNanosecondsPerSecond);
}

Result<ExitCode> run_show(const ShowOptions& options, const std::string& root) {
  ST_ASSIGN_OR_RETURN(const ApprovalText document, read_approval(options.path));
  const auto judged = judge_here(document, root);
  const Quorum* quorum = judged ? &*judged : nullptr;
  const auto risks = find_risks(document.approval, quorum);
  if (options.is_json) {
    print_json(document, risks, quorum);
    return ExitCode::kDone;
  }
  print_facts(document.approval);
  print_limits(document.approval);
  if (!risks.empty()) fmt::print("\nRisks\n");
  for (const std::string& risk : risks) fmt::print("  ! {}\n", risk);
  if (!options.against_path.empty()) {
    ST_ASSIGN_OR_RETURN(const ApprovalText before, read_approval(options.against_path));
    print_difference(document.text, before.text);
  }
  print_signatures(quorum);
  print_signing(options.path);
  return ExitCode::kDone;
}

}  // namespace

Command add_token_show(CLI::App& token, const GlobalOptions& global) {
  auto options = std::make_shared<ShowOptions>();
  CLI::App* show = token.add_subcommand("show", "Say in plain words what an approval would expose");
  show->add_option("file", options->path, "Approval; - is standard input")->required();
  show->add_option("--against", options->against_path, "Also say what differs from this one");
  show->add_flag("--json", options->is_json, "Print JSON");
  add_examples(*show, {"scopetrace token show inc-4711.approval",
                       "scopetrace token show inc-4711.approval --against last-week.approval"});
  return {show, [options, &global] { return run_show(*options, global.root); }};
}

}  // namespace scopetrace
