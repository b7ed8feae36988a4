// SPDX-License-Identifier: Apache-2.0
// scopetrace diff: what changed from one capture to another.
#include <fmt/core.h>

#include <algorithm>
#include <memory>

#include "cli/bundle_input.h"
#include "cli/capture_diff.h"
#include "cli/commands.h"

namespace scopetrace {
namespace {

struct DiffOptions {
  std::string before_path;
  std::string after_path;
  TrustOptions trust;
  IdentityOptions identities;
  bool shows_all = false;
  bool is_json = false;
};

// One pass: what is compared is what was verified, whatever becomes of the file meanwhile.
Result<ComparedBundle> read_bundle(const std::string& path, VerifyInputs inputs,
                                   Decryptions& decryptions) {
  ComparedBundle bundle;
  bundle.path = path;
  inputs.on_line = [&](std::string_view line) { bundle.facts.add(line); };
  ST_ASSIGN_OR_RETURN(bundle.report, verify_file(path, inputs, decryptions));
  return bundle;
}

Result<ExitCode> run_diff(const DiffOptions& options, const std::string& root) {
  ST_ASSIGN_OR_RETURN(const VerifyInputs inputs, read_verify_inputs(options.trust, root));
  Decryptions decryptions(options.identities, "diff", root);
  ST_ASSIGN_OR_RETURN(const ComparedBundle before,
                      read_bundle(options.before_path, inputs, decryptions));
  ST_ASSIGN_OR_RETURN(const ComparedBundle after,
                      read_bundle(options.after_path, inputs, decryptions));
  if (options.is_json) {
    const auto json = diff_json(before, after);
    fmt::print("{}\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  } else {
    print_diff(stdout, before, after, options.shows_all);
  }
  const Verdict worst = std::max(before.report.verdict, after.report.verdict);
  return worst == Verdict::kTampered ? ExitCode::kTampered : ExitCode::kDone;
}

}  // namespace

Command add_diff_command(CLI::App& app, const GlobalOptions& global) {
  auto options = std::make_shared<DiffOptions>();
  CLI::App* diff = app.add_subcommand("diff", "Show what changed between two captures");
  diff->add_option("before", options->before_path, "Bundle to compare with")->required();
  diff->add_option("after", options->after_path, "Bundle to compare")->required();
  diff->add_flag("-a,--show-all", options->shows_all, "Also what did not change");
  add_trust_options(*diff, options->trust);
  add_identity_option(*diff, options->identities);
  diff->add_flag("--json", options->is_json, "Print everything as one JSON object");
  add_examples(*diff, {"scopetrace diff monday.jsonl.zst tuesday.jsonl.zst",
                       "scopetrace diff before.jsonl.zst after.jsonl.zst --json | "
                       "jq '.endpoints[] | select(.change == \"changed\")'"});
  return {diff, [options, &global] { return run_diff(*options, global.root); }};
}

}  // namespace scopetrace
