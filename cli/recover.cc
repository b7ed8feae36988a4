// SPDX-License-Identifier: Apache-2.0
// scopetrace recover: what is proved of an interrupted capture, as a bundle of its own.
#include "userspace/bundle/recover.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "cli/bundle_input.h"
#include "cli/commands.h"
#include "cli/decryption.h"
#include "scopes/shell.h"
#include "userspace/base/clock.h"
#include "userspace/base/file.h"
#include "userspace/base/unique_fd.h"
#include "userspace/session/front/age.h"
#include "userspace/session/front/age_file.h"
#include "userspace/session/front/output.h"

namespace scopetrace {
namespace {

struct RecoverOptions {
  std::string path;
  std::string output_path;
  std::string ledger_path;
  TrustOptions trust;
  IdentityOptions identities;
  bool is_json = false;
};

// What was kept and what was not, for people and for scripts.
struct Outcome {
  VerifyReport before;
  VerifyReport after;
  Recovery recovery;
  std::string path;  // of the result; empty when the bundle is whole as it is
  bool is_encrypted = false;
};

void cut_ending(std::string& path, std::string_view ending) {
  if (path.ends_with(ending)) path.resize(path.size() - ending.size());
}

// `a.jsonl.zst.incomplete` and `a.jsonl.zst` become `a.recovered.jsonl.zst`, `a.jsonl.zst.age` and
// so on `a.recovered.jsonl.zst.age`: names that no whole capture has.
std::string default_output(std::string path, bool is_encrypted) {
  constexpr std::string_view kEnding = ".jsonl.zst";
  cut_ending(path, OutputFile::kSuffix);
  cut_ending(path, kAgeSuffix);
  cut_ending(path, kEnding);
  return path + ".recovered" + std::string(kEnding) +
         std::string(is_encrypted ? kAgeSuffix : std::string_view());
}

// Nobody shall take a name for encryption that is not there, or the other way round.
Status check_output_name(const std::string& path, bool is_encrypted) {
  if (path.empty() || path.ends_with(kAgeSuffix) == is_encrypted) return {};
  return is_encrypted ? fail(Error(ErrorCode::kUsage, "what is recovered will be encrypted again")
                                 .with_hint("name it so: -o " +
                                            quote_for_shell(path + std::string(kAgeSuffix))))
                      : fail(ErrorCode::kUsage, path + " would not be encrypted, as the bundle is");
}

std::string sealed_until(const VerifyReport& report) {
  if (report.sealed_until_ns == 0) return "";
  return format_seconds(report.sealed_until_ns / kNanosecondsPerSecond);
}

// The same file once more, from its start.
Result<UniqueFd> rewind(int fd) {
  UniqueFd same(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!same || ::lseek(fd, 0, SEEK_SET) != 0) return fail_errno("read the bundle again");
  return same;
}

Result<Recovery> copy_plain(int fd, const VerifyReport& report, int output) {
  ST_ASSIGN_OR_RETURN(FileSource source, FileSource::open(fd));
  FileSink sink(output);
  return recover_bundle(report, source, sink);
}

// Encrypted again as it comes out of the decryption: nothing plain touches the disk.
Result<Recovery> copy_encrypted(UniqueFd file, const std::string& path, const VerifyReport& report,
                                const Decryptions& decryptions, const OutputFile& output) {
  ST_ASSIGN_OR_RETURN(DecryptedSource source, open_encrypted(std::move(file), path, decryptions));
  ST_ASSIGN_OR_RETURN(Encryption encryption, Encryption::start(report.recipients, output.fd()));
  ::fcntl(encryption.pipe(), F_SETFL, O_WRONLY | O_NONBLOCK);
  PipeSink sink(encryption.pipe());
  Result<Recovery> recovery = recover_bundle(report, source, sink);
  encryption.close_pipe();
  const Status ended = encryption.finish();
  if (!recovery) return fail(ended ? recovery.error() : ended.error());
  ST_RETURN_IF_ERROR(ended);
  ST_RETURN_IF_ERROR(output.sync());
  return recovery;
}

// Recovers one bundle, which is read twice, and the result once.
class Recoverer {
 public:
  Recoverer(const RecoverOptions& options, const VerifyInputs& inputs, Decryptions& decryptions)
      : options_(options), inputs_(inputs), decryptions_(decryptions) {}

  Result<Outcome> run() {
    ST_ASSIGN_OR_RETURN(file_, open_file(options_.path, O_RDONLY));
    outcome_.is_encrypted = is_age_file(file_.get());
    ST_RETURN_IF_ERROR(check_output_name(options_.output_path, outcome_.is_encrypted));
    ST_ASSIGN_OR_RETURN(outcome_.before, verify(file_.get()));
    outcome_.after = outcome_.before;
    if (is_nothing_to_recover(outcome_.before)) return std::move(outcome_);
    ST_RETURN_IF_ERROR(check_recoverable(outcome_.before).map_error([&](Error error) {
      return in_bundle(std::move(error));
    }));
    if (outcome_.is_encrypted) ST_RETURN_IF_ERROR(check_encrypted());
    ST_ASSIGN_OR_RETURN(
        OutputFile output,
        OutputFile::create(options_.output_path.empty()
                               ? default_output(options_.path, outcome_.is_encrypted)
                               : options_.output_path));
    const Status written = write(output);
    if (written) return std::move(outcome_);
    output.remove();
    return fail(written.error());
  }

 private:
  Error in_bundle(Error error) const { return std::move(error).with_context(options_.path); }

  Result<VerifyReport> verify(int fd) {
    ST_ASSIGN_OR_RETURN(UniqueFd file, rewind(fd));
    return verify_open_file(std::move(file), options_.path, inputs_, decryptions_);
  }

  // What comes out of a decryption is what went in: no interruption changes that.
  Status check_encrypted() const {
    const VerifyReport& report = outcome_.before;
    if (report.verdict == Verdict::kTampered) {
      return fail(
          Error(ErrorCode::kTampered, options_.path + ": it was changed, not interrupted")
              .with_hint("scopetrace verify --identity FILE says where; nothing was written"));
    }
    if (!report.recipients.empty()) return {};
    return fail(Error(ErrorCode::kRefused,
                      options_.path + ": its approval names nobody to encrypt what is kept to")
                    .with_hint("decrypt it by age -d -i FILE, and recover that"));
  }

  Status write(OutputFile& output) {
    const auto recovery =
        copy(output).map_error([&](Error error) { return in_bundle(std::move(error)); });
    if (!recovery) return fail(recovery.error());
    outcome_.recovery = *recovery;
    ST_ASSIGN_OR_RETURN(outcome_.after, verify(output.fd()));
    // What was read again must be what was verified.
    if (outcome_.after.verified_bytes != recovery->written_bytes ||
        outcome_.after.verdict == Verdict::kTampered) {
      return fail(ErrorCode::kIo, options_.path + ": the bundle changed while it was recovered");
    }
    ST_RETURN_IF_ERROR(output.commit());
    outcome_.path = output.path();
    return {};
  }

  Result<Recovery> copy(const OutputFile& output) {
    if (!outcome_.is_encrypted) return copy_plain(file_.get(), outcome_.before, output.fd());
    ST_ASSIGN_OR_RETURN(UniqueFd file, rewind(file_.get()));
    return copy_encrypted(std::move(file), options_.path, outcome_.before, decryptions_, output);
  }

  const RecoverOptions& options_;
  const VerifyInputs& inputs_;
  Decryptions& decryptions_;
  UniqueFd file_;
  Outcome outcome_;
};

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
  if (outcome.is_encrypted) {
    fmt::print("  encrypted again to {} recipients of the approval\n",
               outcome.before.recipients.size());
  }
  print_losses(outcome);
}

void print_json(const Outcome& outcome) {
  const nlohmann::ordered_json report = {{"path", outcome.path},
                                         {"verdict", verdict_name(outcome.after.verdict)},
                                         {"encrypted", outcome.is_encrypted},
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
  Decryptions decryptions(options.identities, "recover", root);
  ST_ASSIGN_OR_RETURN(const Outcome outcome, Recoverer(options, inputs, decryptions).run());
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
                      "Bundle to create, must not exist; default: NAME.recovered.jsonl.zst, "
                      "with .age where it is encrypted");
  add_trust_options(*command, options->trust);
  add_identity_option(*command, options->identities);
  command->add_option("--ledger", options->ledger_path,
                      "The host's ledger, folder or entries.jsonl: tells how much is missing");
  command->add_flag("--json", options->is_json, "Print one JSON object");
  add_examples(*command, {"scopetrace recover capture.jsonl.zst.incomplete",
                          "scopetrace recover -i key.txt -o kept.jsonl.zst.age "
                          "capture.jsonl.zst.age.incomplete"});
  return {command, [options, &global] { return run_recover(*options, global.root); }};
}

}  // namespace scopetrace
