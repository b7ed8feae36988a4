// SPDX-License-Identifier: Apache-2.0
// scopetrace export: what may leave of a bundle, in the form that others read.
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/bundle_input.h"
#include "cli/byte_progress.h"
#include "cli/commands.h"
#include "cli/signing.h"
#include "cli/span_delivery.h"
#include "cli/terminal.h"
#include "scopes/host.h"
#include "scopes/signed_text.h"
#include "userspace/base/clock.h"
#include "userspace/export/exporter.h"
#include "userspace/export/manifest.h"
#include "userspace/export/verify_export.h"
#include "userspace/export/verify_text.h"
#include "userspace/session/front/host_service.h"

namespace scopetrace {
namespace {

struct ExportOptions {
  std::string path;
  std::vector<std::string> formats;
  std::string profile = "responder";
  std::string third_party;
  std::string output;
  std::string key_path;
  std::string principal;
  TrustOptions trust;
  IdentityOptions identities;
  DeliveryOptions delivery;
};

// `capture.jsonl.zst` becomes `capture-vendor`, beside it.
std::string export_folder_of(const ExportOptions& options) {
  std::string name = options.path;
  for (const std::string_view ending : {".age", ".zst", ".jsonl"}) {
    if (name.ends_with(ending)) name.resize(name.size() - ending.size());
  }
  return name + "-" + options.profile;
}

Result<ExportProfile> check_options(const ExportOptions& options) {
  ST_ASSIGN_OR_RETURN(ExportProfile profile, find_export_profile(options.profile));
  if (options.formats.empty()) {
    return fail(Error(ErrorCode::kUsage, "no format was named")
                    .with_hint("--format takes bundle, har, otlp, perfetto and csv"));
  }
  if (profile.needs_party && options.third_party.empty()) {
    return fail(Error(ErrorCode::kUsage, "profile " + options.profile + " is for one third party")
                    .with_hint("say whose it is: --third-party api.stripe.com"));
  }
  return profile;
}

Result<TextSigner> choose_exporter(const ExportOptions& options, const VerifyInputs& inputs) {
  const KeyQuery query{.path = options.key_path,
                       .principal = options.principal,
                       .name_space = kExportNamespace,
                       .trust = &inputs.trust->signers};
  ST_ASSIGN_OR_RETURN(ChosenKey key, choose_key(query));
  ST_ASSIGN_OR_RETURN(std::string principal,
                      principal_of(options.principal, key.identity, kExportNamespace, query.trust));
  return TextSigner{std::move(principal), std::move(key)};
}

// What was changed or comes from nobody who is known is not passed on under a new signature.
Status check_source(const ExportOptions& options, Verdict verdict,
                    const std::vector<std::string>& reasons) {
  const std::string what = options.path + " is " + std::string(verdict_name(verdict)) +
                           (reasons.empty() ? "" : ": " + reasons.front()) +
                           "; nothing was exported";
  if (verdict == Verdict::kTampered || verdict == Verdict::kRollback) {
    return fail(ErrorCode::kTampered, what);
  }
  if (verdict == Verdict::kUntrusted) {
    return fail(Error(ErrorCode::kUntrusted, what)
                    .with_hint("name whom you trust: --allowed-signers FILE"));
  }
  return {};
}

ExportManifest make_manifest(const ExportOptions& options, const VerifyReport& report,
                             const ExportCounts& counts, const std::string& exporter) {
  ExportManifest manifest;
  manifest.session = report.session;
  manifest.host = report.host;
  manifest.verdict = verdict_name(report.verdict);
  manifest.anchored = report.anchored;
  manifest.time_s = realtime_ns() / kNanosecondsPerSecond;
  manifest.exporter = exporter;
  manifest.profile = options.profile;
  manifest.third_party = options.third_party.empty() ? "any" : options.third_party;
  manifest.lines = counts.lines;
  manifest.kept = counts.kept;
  manifest.derived = counts.derived;
  manifest.withheld = counts.withheld;
  manifest.unknown = counts.unknown;
  return manifest;
}

// Where this host has a ledger, no export leaves without an entry. Whether it was noted.
Result<bool> note_in_ledger(const std::string& manifest, const std::string& root) {
  if (::access(Folders(root).state().c_str(), F_OK) != 0) return false;
  HostCall call;
  call.task = HostTask::kNoteExport;
  call.root = root;
  call.text = manifest;
  const auto answer = call_host(std::move(call));
  if (answer) return true;
  return fail(Error(answer.error()).with_context("the ledger of this host"));
}

// VERIFY.txt, the manifest over all files, the entry in the ledger, and then the folder's name.
Result<bool> seal(OutputFolder& folder, ExportManifest manifest, const ChosenKey& key,
                  const std::string& root) {
  ST_ASSIGN_OR_RETURN(ExportFile * how, folder.add(std::string(kVerifyTextName)));
  manifest.files = folder.digests();
  ST_RETURN_IF_ERROR(how->write(format_verify_text(manifest)));
  ST_RETURN_IF_ERROR(folder.close_files());
  manifest.files = folder.digests();
  const std::string body = format_manifest(manifest);
  ST_ASSIGN_OR_RETURN(const std::string block, sign_with(key, kExportNamespace, body));
  const std::string text = body + "\n" + block;
  ST_ASSIGN_OR_RETURN(ExportFile * file, folder.add(std::string(kManifestName)));
  ST_RETURN_IF_ERROR(file->write(text));
  ST_RETURN_IF_ERROR(folder.close_files());
  ST_ASSIGN_OR_RETURN(const bool is_noted, note_in_ledger(text, root));
  ST_RETURN_IF_ERROR(folder.finish());
  return is_noted;
}

Result<VerifyReport> feed_lines(const ExportOptions& options, VerifyInputs& inputs,
                                Exporter& exporter, const std::string& root) {
  ByteProgress progress(may_use_colour(::isatty(STDERR_FILENO) == 1));
  inputs.on_line = [&](std::string_view line) { exporter.take(line); };
  inputs.on_evidence = [&](FrameMagic kind, Bytes content) {
    exporter.take_evidence(kind, content);
  };
  std::error_code unknown;  // a pipe has no size
  const auto size = std::filesystem::file_size(options.path, unknown);
  progress.expect(unknown ? 0 : size);
  inputs.on_progress = [&](std::uint64_t done) { progress.set(done); };
  Decryptions decryptions(options.identities, "export", root);
  return verify_file(options.path, inputs, decryptions);
}

void print_export_summary(const std::string& path, const ExportManifest& manifest, bool is_noted) {
  fmt::print("{}: {} of {} lines as they were, {} with something taken away, {} withheld\n", path,
             manifest.kept, manifest.lines, manifest.derived, manifest.withheld);
  fmt::print("signed by {}{}\n", manifest.exporter,
             is_noted ? ", noted in the ledger" : "; this host has no ledger to note it in");
}

// The folder that was written.
Result<std::string> export_bundle(const ExportOptions& options, VerifyInputs inputs,
                                  const std::string& root) {
  ST_ASSIGN_OR_RETURN(const ExportProfile profile, check_options(options));
  ST_ASSIGN_OR_RETURN(const TextSigner who, choose_exporter(options, inputs));
  const std::string path = options.output.empty() ? export_folder_of(options) : options.output;
  ST_ASSIGN_OR_RETURN(OutputFolder folder, OutputFolder::make(path));
  ST_ASSIGN_OR_RETURN(Exporter exporter,
                      Exporter::make(profile, options.third_party, options.formats, folder));
  ST_ASSIGN_OR_RETURN(const VerifyReport report, feed_lines(options, inputs, exporter, root));
  ST_RETURN_IF_ERROR(check_source(options, report.verdict, report.reasons));
  ST_RETURN_IF_ERROR(exporter.finish());
  const ExportManifest manifest = make_manifest(options, report, exporter.counts(), who.principal);
  ST_ASSIGN_OR_RETURN(const bool is_noted, seal(folder, manifest, who.key, root));
  print_export_summary(path, manifest, is_noted);
  return path;
}

// A folder that was exported before: only what was signed is sent.
Result<std::string> check_folder(const ExportOptions& options, const VerifyInputs& inputs) {
  if (options.delivery.url.empty()) {
    return fail(Error(ErrorCode::kUsage, options.path + " is an export already")
                    .with_hint("--otlp URL sends its spans; verify checks it"));
  }
  ST_ASSIGN_OR_RETURN(const ExportReport report, verify_export(options.path, inputs));
  ST_RETURN_IF_ERROR(check_source(options, report.verdict, report.reasons));
  return options.path;
}

Result<VerifyInputs> read_trusting_inputs(const ExportOptions& options, const std::string& root) {
  ST_ASSIGN_OR_RETURN(VerifyInputs inputs, read_verify_inputs(options.trust, root));
  if (inputs.trust) return inputs;
  return fail(Error(ErrorCode::kUntrusted, "no trust file says whose bundles count")
                  .with_hint("name one: --allowed-signers FILE"));
}

// Spans leave only from a folder that is whole and signed, and noted in the ledger.
Result<ExitCode> run_export(ExportOptions options, const std::string& root) {
  const bool is_sending = !options.delivery.url.empty();
  if (is_sending) {
    ST_RETURN_IF_ERROR(check_delivery(options.delivery, root));
    options.formats.emplace_back("otlp");
  }
  std::sort(options.formats.begin(), options.formats.end());
  options.formats.erase(std::unique(options.formats.begin(), options.formats.end()),
                        options.formats.end());
  ST_ASSIGN_OR_RETURN(VerifyInputs inputs, read_trusting_inputs(options, root));
  std::error_code unknown;  // reading it says why
  ST_ASSIGN_OR_RETURN(const std::string folder,
                      std::filesystem::is_directory(options.path, unknown)
                          ? check_folder(options, inputs)
                          : export_bundle(options, std::move(inputs), root));
  return is_sending ? deliver_spans(folder, options.delivery) : ExitCode::kDone;
}

}  // namespace

Command add_export_command(CLI::App& app, const GlobalOptions& global) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App* command = app.add_subcommand("export", "Write what may leave of a bundle, signed");
  command->add_option("bundle", options->path, "Bundle to export; with --otlp also an export")
      ->required();
  command->add_option("--format", options->formats, "One or more, with commas between them")
      ->delimiter(',')
      ->check(CLI::IsMember({"bundle", "har", "otlp", "perfetto", "csv"}));
  command->add_option("--profile", options->profile, "For whom it is, and so what may be in it")
      ->check(CLI::IsMember({"responder", "vendor", "pci", "hipaa", "metadata"}))
      ->capture_default_str();
  command->add_option("--third-party", options->third_party, "Only this host, or *.suffix");
  command->add_option("-o,--output", options->output,
                      "Folder to create; default: beside the bundle, with the profile in its name");
  command->add_option("--key", options->key_path, "Key that signs; default: ssh-agent");
  command->add_option("--as", options->principal, "As whom it is signed");
  add_trust_options(*command, options->trust);
  add_identity_option(*command, options->identities);
  add_delivery_options(*command, options->delivery);
  add_examples(*command, {"scopetrace export capture.jsonl.zst --format har,csv --profile vendor "
                          "--third-party api.stripe.com --key ~/.ssh/id_ed25519",
                          "scopetrace export capture.jsonl.zst --format perfetto -o trace"});
  return {command, [options, &global] { return run_export(*options, global.root); }};
}

}  // namespace scopetrace
