// SPDX-License-Identifier: Apache-2.0
#include "cli/bundle_input.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "cli/growing_source.h"
#include "cli/token.h"
#include "scopes/shell.h"
#include "userspace/base/file.h"
#include "userspace/session/front/host_service.h"
#include "userspace/session/front/opener_threads.h"

namespace scopetrace {

void add_trust_options(CLI::App& command, TrustOptions& options) {
  command.add_option("--allowed-signers", options.signers_path, "Trust file; default: this host's");
  command.add_option("--revoked", options.revoked_path, "Public keys that count for nothing");
}

Result<VerifyInputs> read_verify_inputs(const TrustOptions& options, const std::string& root) {
  VerifyInputs inputs;
  inputs.make_opener = make_opener_threads;
  const Folders folders(root);
  const bool has_file = ::access(folders.allowed_signers().c_str(), F_OK) == 0;
  if (options.signers_path.empty() && !has_file) return inputs;
  ST_ASSIGN_OR_RETURN(inputs.trust, read_trust_for(options.signers_path, folders));
  if (!options.revoked_path.empty()) {
    ST_ASSIGN_OR_RETURN(const std::string text, read_file(options.revoked_path, 1 << 20));
    ST_ASSIGN_OR_RETURN(inputs.trust->revoked, RevokedKeys::parse(text));
  }
  return inputs;
}

void add_identity_option(CLI::App& command, IdentityOptions& options) {
  command
      .add_option("-i,--identity", options.paths,
                  "Opens an encrypted bundle: a key file of age or an ssh-ed25519 private key; "
                  "repeat for more")
      ->allow_extra_args(false);
}

void Decryptions::note(const std::string& path, const std::string& session) {
  if (!noted_.insert(path).second) return;
  HostCall call;
  call.task = HostTask::kNoteDecryption;
  call.root = root_;
  call.text = command_;
  call.about = session;
  const auto noted = call_host(std::move(call));
  if (noted || std::exchange(has_warned_, true)) return;
  std::fprintf(stderr, "scopetrace: %s: no ledger learns of this decryption: %s\n",
               command_.c_str(), noted.error().message().c_str());
}

namespace {

Status check_identities(const std::string& path, const Decryptions& decryptions) {
  if (!decryptions.identities().paths.empty()) return {};
  return fail(Error(ErrorCode::kUsage, "is encrypted, and no identity opens it")
                  .with_hint("scopetrace " + decryptions.command() + " --identity FILE " +
                             quote_for_shell(path) +
                             ", with a key file of age or an ssh-ed25519 private key"));
}

Result<VerifyReport> verify_plain(int fd, const VerifyInputs& inputs) {
  ST_ASSIGN_OR_RETURN(FileSource source, FileSource::open(fd));
  return verify_bundle(source, inputs);
}

Result<VerifyReport> verify_decrypted(DecryptedSource& source, const std::string& path,
                                      const VerifyInputs& inputs, Decryptions& decryptions) {
  ST_ASSIGN_OR_RETURN(VerifyReport report, verify_bundle(source, inputs));
  ST_RETURN_IF_ERROR(judge_decryption(source, report));
  decryptions.note(path, report.session);
  return report;
}

Result<VerifyReport> verify_encrypted(UniqueFd file, const std::string& path,
                                      const VerifyInputs& inputs, Decryptions& decryptions) {
  ST_ASSIGN_OR_RETURN(DecryptedSource source, open_encrypted(std::move(file), path, decryptions));
  return verify_decrypted(source, path, inputs, decryptions);
}

// The session that line 0 names.
std::string session_of(std::string_view line) {
  const auto record = nlohmann::json::parse(line, nullptr, false);
  const auto session = record.is_object() ? record.find("session") : record.end();
  return session != record.end() && session->is_string() ? session->get<std::string>() : "";
}

Result<VerifyReport> follow_encrypted(GrowingSource file, const std::string& path,
                                      VerifyInputs inputs, Decryptions& decryptions) {
  ST_RETURN_IF_ERROR(check_identities(path, decryptions));
  ST_ASSIGN_OR_RETURN(DecryptedSource source,
                      DecryptedSource::follow(std::move(file), decryptions.identities().paths));
  bool is_noted = false;
  inputs.on_line = [&, show = std::move(inputs.on_line)](std::string_view line) {
    if (!std::exchange(is_noted, true)) decryptions.note(path, session_of(line));
    show(line);
  };
  return verify_decrypted(source, path, inputs, decryptions);
}

}  // namespace

Result<DecryptedSource> open_encrypted(UniqueFd file, const std::string& path,
                                       const Decryptions& decryptions) {
  ST_RETURN_IF_ERROR(check_identities(path, decryptions));
  return DecryptedSource::open(std::move(file), decryptions.identities().paths);
}

Result<VerifyReport> verify_open_file(UniqueFd file, const std::string& path,
                                      const VerifyInputs& inputs, Decryptions& decryptions) {
  const bool is_encrypted = is_age_file(file.get());
  return (is_encrypted ? verify_encrypted(std::move(file), path, inputs, decryptions)
                       : verify_plain(file.get(), inputs))
      .map_error([&](Error error) { return std::move(error).with_context(path); });
}

Result<VerifyReport> verify_file(const std::string& path, const VerifyInputs& inputs,
                                 Decryptions& decryptions) {
  ST_ASSIGN_OR_RETURN(UniqueFd file, open_file(path, O_RDONLY));
  return verify_open_file(std::move(file), path, inputs, decryptions);
}

Result<VerifyReport> follow_file(const std::string& path, VerifyInputs inputs,
                                 Decryptions& decryptions) {
  ST_ASSIGN_OR_RETURN(GrowingSource file, GrowingSource::open(path));
  ST_ASSIGN_OR_RETURN(const bool is_encrypted, file.is_encrypted());
  if (!is_encrypted) return verify_bundle(file, inputs);
  return follow_encrypted(std::move(file), path, std::move(inputs), decryptions)
      .map_error([&](Error error) { return std::move(error).with_context(path); });
}

}  // namespace scopetrace
