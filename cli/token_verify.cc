// SPDX-License-Identifier: Apache-2.0
// scopetrace token verify: whether enough of the right people signed.
#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/token.h"
#include "userspace/base/clock.h"

namespace scopetrace {
namespace {

struct TokenVerifyOptions {
  std::string path;
  std::string trust_path;
  std::string at;
  bool is_json = false;
};

Result<std::uint64_t> read_time(const std::string& at) {
  if (at.empty()) return realtime_ns() / kNanosecondsPerSecond;
  if (const auto time = parse_seconds(at)) return *time;
  return fail(Error(ErrorCode::kUsage, "--at '" + at + "' is no time")
                  .with_hint("write UTC as 2026-11-23T20:00:00Z"));
}

std::string_view name_of(QuorumVerdict verdict) {
  switch (verdict) {
    case QuorumVerdict::kMet:
      return "met";
    case QuorumVerdict::kNotMet:
      return "not met";
    case QuorumVerdict::kBadSignature:
      return "bad signature";
  }
  return "not met";
}

ExitCode exit_of(QuorumVerdict verdict) {
  if (verdict == QuorumVerdict::kMet) return ExitCode::kDone;
  return verdict == QuorumVerdict::kNotMet ? ExitCode::kRefused : ExitCode::kTampered;
}

// Outside its time an approval is good for nothing, however many signed it.
void judge_validity(Quorum& quorum, const Approval& approval, std::uint64_t at_s) {
  std::string reason;
  if (at_s < approval.not_before_s) {
    reason = "not valid before " + format_seconds(approval.not_before_s);
  } else if (at_s > approval.not_after_s) {
    reason = "expired at " + format_seconds(approval.not_after_s);
  } else {
    return;
  }
  quorum.reasons.push_back(reason);
  if (quorum.verdict == QuorumVerdict::kMet) quorum.verdict = QuorumVerdict::kNotMet;
}

void print_text(const Quorum& quorum) {
  fmt::print("quorum {}: {} of {} approvals\n", name_of(quorum.verdict), quorum.counted,
             quorum.needed);
  for (const QuorumSigner& signer : quorum.signers) {
    fmt::print("  {} {}\n", signer.problem.empty() ? "+" : "-", describe_signer(signer));
  }
  for (const std::string& reason : quorum.reasons) fmt::print("  ! {}\n", reason);
}

void print_json(const Quorum& quorum, ExitCode exit) {
  auto signers = nlohmann::ordered_json::array();
  for (const QuorumSigner& signer : quorum.signers) {
    signers.push_back({{"role", signer.role},
                       {"principal", signer.principal},
                       {"person", signer.person},
                       {"key", signer.fingerprint},
                       {"problem", signer.problem}});
  }
  const nlohmann::ordered_json answer = {{"verdict", name_of(quorum.verdict)},
                                         {"exit", static_cast<int>(exit)},
                                         {"needed", quorum.needed},
                                         {"counted", quorum.counted},
                                         {"facts_proved", quorum.are_facts_proved},
                                         {"reasons", quorum.reasons},
                                         {"signers", std::move(signers)}};
  fmt::print("{}\n", answer.dump(2));
}

Result<ExitCode> verify_token(const TokenVerifyOptions& options, const std::string& root) {
  const Folders folders(root);
  ST_ASSIGN_OR_RETURN(const std::uint64_t at_s, read_time(options.at));
  ST_ASSIGN_OR_RETURN(const ApprovalText document, read_approval(options.path));
  ST_ASSIGN_OR_RETURN(const Trust trust, read_trust_for(options.trust_path, folders));
  ST_ASSIGN_OR_RETURN(const Policy policy, read_policy_or_default(folders));
  Quorum quorum = judge_quorum(document, trust, policy, at_s);
  judge_validity(quorum, document.approval, at_s);
  const ExitCode exit = exit_of(quorum.verdict);
  options.is_json ? print_json(quorum, exit) : print_text(quorum);
  return exit;
}

}  // namespace

Command add_token_verify(CLI::App& token, const GlobalOptions& global) {
  auto options = std::make_shared<TokenVerifyOptions>();
  CLI::App* verify = token.add_subcommand("verify", "Check signatures and quorum of an approval");
  verify->add_option("file", options->path, "Approval; - is standard input")->required();
  verify->add_option("--allowed-signers", options->trust_path, "Trust file; default: this host's");
  verify->add_option("--at", options->at, "Judge at this time, as 2026-11-23T20:00:00Z");
  verify->add_flag("--json", options->is_json, "Print JSON");
  add_examples(*verify, {"scopetrace token verify inc-4711.approval",
                         "scopetrace token verify inc-4711.approval --allowed-signers signers "
                         "--at 2026-11-23T20:00:00Z --json"});
  return {verify, [options, &global] { return verify_token(*options, global.root); }};
}

}  // namespace scopetrace
