// SPDX-License-Identifier: Apache-2.0
// scopetrace verify: whether bundles are whole, unchanged and by whom they claim.
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/bundle_input.h"
#include "cli/commands.h"
#include "cli/export_verdict.h"
#include "userspace/bundle/part_chain.h"
#include "userspace/session/front/host_service.h"

namespace scopetrace {
namespace {

struct VerifyOptions {
  std::vector<std::string> paths;
  TrustOptions trust;
  IdentityOptions identities;
  std::string ledger_path;
  bool is_json = false;
  bool is_strict = false;
};

void print_text(const std::string& path, const VerifyReport& report) {
  fmt::print("{}: {}\n", path, verdict_name(report.verdict));
  for (const std::string& reason : report.reasons) fmt::print("  ! {}\n", reason);
  if (!report.host.empty()) {
    fmt::print("  host      {} ({})\n", report.host, report.host_key);
    fmt::print("  session   {} in {}\n", report.session, report.environment);
    fmt::print("  approval  {} ({} needed)\n", report.approval.empty() ? "none" : report.approval,
               report.approvals_required);
  }
  if (report.part > 1 || report.end == kRotatedEnd) {
    fmt::print("  part      {} of a rotated capture\n", report.part);
  }
  for (const std::string& person : report.approvers) fmt::print("  approver  {}\n", person);
  fmt::print("  content   {} lines under {} seals, {} bytes verified{}\n", report.lines,
             report.seals, report.verified_bytes,
             report.end.empty() ? "" : ", ended: " + report.end);
  fmt::print("  losses    {} events in the kernel, {} claimed in user space\n",
             report.losses.lost_kernel_events, report.losses.claimed_lost_user_events);
  fmt::print("  anchored  {}\n", report.anchored);
  for (const std::string& note : report.notes) fmt::print("  note      {}\n", note);
}

// The verdict on the parts of one capture together.
void print_chain(const ChainReport& chain, const VerifyOptions& options) {
  if (options.is_json) {
    const nlohmann::ordered_json json = {{"verdict", verdict_name(chain.verdict)},
                                         {"exit", verdict_exit(chain.verdict, options.is_strict)},
                                         {"reasons", chain.reasons},
                                         {"parts", chain.paths}};
    return fmt::print("{}\n", json.dump());
  }
  fmt::print("{}, {} parts: {}\n", chain.name, chain.paths.size(), verdict_name(chain.verdict));
  for (const std::string& reason : chain.reasons) fmt::print("  ! {}\n", reason);
}

// This host's ledger learns of a bundle that was changed or shortened. Elsewhere, and for whoever
// may not ask, there is nothing to note it in: the verdict stands without it.
void note_on_host(const VerifyReport& report, const std::string& root) {
  if (report.verdict != Verdict::kTampered && report.verdict != Verdict::kRollback) return;
  HostCall call;
  call.task = HostTask::kNoteVerification;
  call.root = root;
  call.text = verdict_name(report.verdict);
  call.about = report.session;
  (void)call_host(std::move(call));
}

Result<ExitCode> run_verify(const VerifyOptions& options, const std::string& root) {
  ST_ASSIGN_OR_RETURN(VerifyInputs inputs, read_verify_inputs(options.trust, root));
  if (!options.ledger_path.empty()) {
    ST_ASSIGN_OR_RETURN(inputs.ledger, read_ledger_seals(options.ledger_path));
  }
  Decryptions decryptions(options.identities, "verify", root);
  Verdict worst = Verdict::kComplete;
  std::vector<PartFile> files;
  for (const std::string& path : options.paths) {
    std::error_code unknown;  // verify_file() says why
    if (std::filesystem::is_directory(path, unknown)) {
      ST_ASSIGN_OR_RETURN(
          const Verdict verdict,
          verify_and_print_export(path, inputs, options.is_json, options.is_strict));
      worst = std::max(worst, verdict);
      continue;
    }
    ST_ASSIGN_OR_RETURN(VerifyReport report, verify_file(path, inputs, decryptions));
    worst = std::max(worst, report.verdict);
    note_on_host(report, root);
    if (options.is_json) {
      fmt::print("{}", format_report_json(report, options.is_strict));
    } else {
      print_text(path, report);
    }
    files.push_back({path, std::move(report)});
  }
  const LedgerSeals* ledger = inputs.ledger ? &*inputs.ledger : nullptr;
  for (const ChainReport& chain : judge_chains(files, ledger)) {
    worst = std::max(worst, chain.verdict);
    print_chain(chain, options);
  }
  return static_cast<ExitCode>(verdict_exit(worst, options.is_strict));
}

}  // namespace

Command add_verify_command(CLI::App& app, const GlobalOptions& global) {
  auto options = std::make_shared<VerifyOptions>();
  CLI::App* verify = app.add_subcommand("verify", "Check that bundles are whole and genuine");
  verify->add_option("bundle", options->paths, "Bundles, or folders of exports, to check")
      ->required();
  add_trust_options(*verify, options->trust);
  add_identity_option(*verify, options->identities);
  verify->add_option("--ledger", options->ledger_path,
                     "The host's ledger, folder or entries.jsonl: finds bundles that were longer");
  verify->add_flag("--json", options->is_json, "Print one JSON object a bundle");
  verify->add_flag("--strict", options->is_strict, "Exit with 4 when events were lost");
  add_examples(*verify,
               {"scopetrace verify capture.jsonl.zst",
                "scopetrace verify --strict --json --allowed-signers signers capture.jsonl.zst"});
  return {verify, [options, &global] { return run_verify(*options, global.root); }};
}

}  // namespace scopetrace
