// SPDX-License-Identifier: Apache-2.0
#include "cli/bundle_input.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

#include "cli/decryption.h"
#include "cli/token.h"
#include "scopes/shell.h"
#include "userspace/base/file.h"
#include "userspace/session/front/host_service.h"

namespace scopetrace {

void add_trust_options(CLI::App& command, TrustOptions& options) {
  command.add_option("--allowed-signers", options.signers_path, "Trust file; default: this host's");
  command.add_option("--revoked", options.revoked_path, "Public keys that count for nothing");
}

Result<VerifyInputs> read_verify_inputs(const TrustOptions& options, const std::string& root) {
  VerifyInputs inputs;
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

Result<VerifyReport> verify_plain(int fd, const VerifyInputs& inputs) {
  ST_ASSIGN_OR_RETURN(FileSource source, FileSource::open(fd));
  return verify_bundle(source, inputs);
}

Result<VerifyReport> verify_encrypted(UniqueFd file, const std::string& path,
                                      const VerifyInputs& inputs, Decryptions& decryptions) {
  const std::vector<std::string>& identities = decryptions.identities().paths;
  if (identities.empty()) {
    return fail(Error(ErrorCode::kUsage, "is encrypted, and no identity opens it")
                    .with_hint("scopetrace " + decryptions.command() + " --identity FILE " +
                               quote_for_shell(path) +
                               ", with a key file of age or an ssh-ed25519 private key"));
  }
  ST_ASSIGN_OR_RETURN(DecryptedSource source, DecryptedSource::open(std::move(file), identities));
  ST_ASSIGN_OR_RETURN(VerifyReport report, verify_bundle(source, inputs));
  ST_RETURN_IF_ERROR(judge_decryption(source, report));
  decryptions.note(path, report.session);
  return report;
}

}  // namespace

Result<VerifyReport> verify_file(const std::string& path, const VerifyInputs& inputs,
                                 Decryptions& decryptions) {
  ST_ASSIGN_OR_RETURN(UniqueFd fd, open_file(path, O_RDONLY));
  const bool is_encrypted = is_age_file(fd.get());
  return (is_encrypted ? verify_encrypted(std::move(fd), path, inputs, decryptions)
                       : verify_plain(fd.get(), inputs))
      .map_error([&](Error error) { return std::move(error).with_context(path); });
}

}  // namespace scopetrace
