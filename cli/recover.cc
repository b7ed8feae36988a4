// SPDX-License-Identifier: Apache-2.0
// scopetrace recover: what is proved of an interrupted capture, as a bundle of its own.
#include "userspace/bundle/recover.h"

#include <fcntl.h>
#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/bundle_input.h"
#include "cli/commands.h"
#include "cli/decryption.h"
#include "scopes/shell.h"
#include "userspace/base/clock.h"
#include "userspace/base/file.h"
#include "userspace/session/front/output.h"

namespace scopetrace {
namespace {

struct RecoverOptions {
  std::string path;
  std::string output_path;
  std::string ledger_path;
  TrustOptions trust;
  bool is_json = false;
};

// What was kept and what was not, for people and for scripts.
struct Outcome {
  VerifyReport before;
  VerifyReport after;
  Recovery recovery;
  std::string path;  // of the result; empty when the bundle is whole as it is
};

// `a.jsonl.zst.incomplete` and `a.jsonl.zst` become `a.recovered.jsonl.zst`: a name that no whole
// capture has.
std::string default_output(std::string path) {
  constexpr std::string_view kEnding = ".jsonl.zst";
  if (path.ends_with(OutputFile::kSuffix))
    path.resize(path.size() - std::string_view(OutputFile::kSuffix).size());
  if (path.ends_with(kEnding)) path.resize(path.size() - kEnding.size());
  return path + ".recovered" + std::string(kEnding);
}

std::string sealed_until(const VerifyReport& report) {
  if (report.sealed_until_ns == 0) return "";
  return format_seconds(report.sealed_until_ns / kNanosecondsPerSecond);
}

// The file was read twice: what is there now must be what was verified.
Result<VerifyReport> verify_result(int fd, const VerifyInputs& inputs, const Recovery& recovery) {
  ST_ASSIGN_OR_RETURN(FileSource source, FileSource::open(fd));
  ST_ASSIGN_OR_RETURN(VerifyReport report, verify_bundle(source, inputs));
  const bool is_same = report.verified_bytes >= recovery.kept_bytes &&
                       report.verified_bytes == source.size() &&
                       report.verdict != Verdict::kTampered;
  if (!is_same) return fail(ErrorCode::kIo, "the bundle changed while it was recovered");
  return report;
}

Status write_result(ByteSource& source, const VerifyInputs& inputs, OutputFile& output,
                    Outcome& outcome) {
  FileSink sink(output.fd());
  ST_RETURN_IF_ERROR(write_recovered(source, outcome.recovery, sink));
  ST_ASSIGN_OR_RETURN(outcome.after, verify_result(output.fd(), inputs, outcome.recovery));
  ST_RETURN_IF_ERROR(output.commit());
  outcome.path = output.path();
  return {};
}

Result<Outcome> recover(const RecoverOptions& options, const VerifyInputs& inputs) {
  ST_ASSIGN_OR_RETURN(const UniqueFd fd, open_file(options.path, O_RDONLY));
  if (is_age_file(fd.get())) {
    return fail(Error(ErrorCode::kUsage, options.path + ": an encrypted bundle is not recovered")
                    .with_hint("its sealed part can be read as it is: scopetrace show --identity "
                               "FILE " +
                               quote_for_shell(options.path)));
  }
  const auto add_path = [&](Error error) { return std::move(error).with_context(options.path); };
  auto source = FileSource::open(fd.get()).map_error(add_path);
  if (!source) return fail(std::move(source).error());
  auto before = verify_bundle(*source, inputs).map_error(add_path);
  if (!before) return fail(std::move(before).error());
  const auto recovery = plan_recovery(*before, *source).map_error(add_path);
  if (!recovery) return fail(recovery.error());

  Outcome outcome{*before, *before, *recovery, ""};
  if (recovery->dropped_bytes == 0 && before->has_seek_table) return outcome;
  ST_ASSIGN_OR_RETURN(OutputFile output,
                      OutputFile::create(options.output_path.empty() ? default_output(options.path)
                                                                     : options.output_path));
  const Status written = write_result(*source, inputs, output, outcome);
  if (!written) {
    output.remove();
    return fail(written.error());
  }
  return outcome;
}

void print_losses(const Outcome& outcome) {
  const std::string until = sealed_until(outcome.before);
  fmt::print("  lost      {} bytes behind the last good seal", outcome.recovery.dropped_bytes);
  if (outcome.before.end.empty()) {
    fmt::print(", and what was captured after {}", until.empty() ? "the start" : until);
  }
  fmt::print("\n");
  for (const std::string& reason : outcome.before.reasons) fmt::print("  ! {}\n", reason);
  for (const std::string& note : outcome.before.notes) fmt::print("  note      {}\n", note);
}

void print_text(const RecoverOptions& options, const Outcome& outcome) {
  if (outcome.path.empty()) {
    fmt::print("{}: {}, nothing to recover\n", options.path, verdict_name(outcome.before.verdict));
    return;
  }
  fmt::print("{}: {}\n", outcome.path, verdict_name(outcome.after.verdict));
  fmt::print("  kept      {} lines under {} seals, {} bytes as they were\n", outcome.before.lines,
             outcome.before.seals, outcome.recovery.kept_bytes);
  print_losses(outcome);
}

void print_json(const Outcome& outcome) {
  const nlohmann::ordered_json report = {{"path", outcome.path},
                                         {"verdict", verdict_name(outcome.after.verdict)},
                                         {"lines", outcome.before.lines},
                                         {"seals", outcome.before.seals},
                                         {"kept_bytes", outcome.recovery.kept_bytes},
                                         {"dropped_bytes", outcome.recovery.dropped_bytes},
                                         {"sealed_until", sealed_until(outcome.before)},
                                         {"reasons", outcome.before.reasons},
                                         {"notes", outcome.before.notes}};
  fmt::print("{}\n", report.dump());
}

Result<ExitCode> run_recover(const RecoverOptions& options, const std::string& root) {
  ST_ASSIGN_OR_RETURN(VerifyInputs inputs, read_verify_inputs(options.trust, root));
  if (!options.ledger_path.empty()) {
    ST_ASSIGN_OR_RETURN(inputs.ledger, read_ledger_seals(options.ledger_path));
  }
  ST_ASSIGN_OR_RETURN(const Outcome outcome, recover(options, inputs));
  if (options.is_json) {
    print_json(outcome);
  } else {
    print_text(options, outcome);
  }
  const bool is_untrusted = outcome.after.verdict == Verdict::kUntrusted;
  return is_untrusted ? ExitCode::kUntrusted : ExitCode::kDone;
}

}  // namespace

Command add_recover_command(CLI::App& app, const GlobalOptions& global) {
  auto options = std::make_shared<RecoverOptions>();
  CLI::App* command =
      app.add_subcommand("recover", "Keep what is proved of an interrupted capture");
  command->add_option("bundle", options->path, "Bundle that was interrupted; stays as it is")
      ->required();
  command->add_option("-o,--output", options->output_path,
                      "Bundle to create, must not exist; default: NAME.recovered.jsonl.zst");
  add_trust_options(*command, options->trust);
  command->add_option("--ledger", options->ledger_path,
                      "The host's ledger, folder or entries.jsonl: tells how much is missing");
  command->add_flag("--json", options->is_json, "Print one JSON object");
  add_examples(*command,
               {"scopetrace recover capture.jsonl.zst.incomplete",
                "scopetrace recover --json -o kept.jsonl.zst capture.jsonl.zst.incomplete"});
  return {command, [options, &global] { return run_recover(*options, global.root); }};
}

}  // namespace scopetrace
