// SPDX-License-Identifier: Apache-2.0
// scopetrace token: asks for, shows, signs, merges and verifies approvals.
#include "cli/token.h"

#include <fcntl.h>

#include <memory>
#include <vector>

#include "cli/commands.h"
#include "userspace/base/file.h"

namespace scopetrace {

Result<ApprovalText> read_approval(const std::string& path) {
  const auto text =
      path == "-" ? read_all(STDIN_FILENO, kMaxSignedText) : read_file(path, kMaxSignedText);
  if (!text) return fail(text.error());
  return parse_approval(*text).map_error([&](Error error) {
    return std::move(error).with_context(path == "-" ? "standard input" : path);
  });
}

Result<ChosenKey> choose_key_here(const std::string& named, const std::string& key_path,
                                  std::string_view name_space, const Folders& folders) {
  const auto trust = TrustFile::read(folders.allowed_signers());
  return choose_key({.path = key_path,
                     .principal = named,
                     .name_space = name_space,
                     .trust = trust ? &*trust : nullptr});
}

Result<std::string> name_signer(const std::string& named, const SshIdentity& signer,
                                std::string_view name_space, const Folders& folders) {
  const auto trust = TrustFile::read(folders.allowed_signers());
  return principal_of(named, signer, name_space, trust ? &*trust : nullptr);
}

Result<TextSigner> find_signer(const std::string& named, const std::string& key_path,
                               std::string_view name_space, const Folders& folders) {
  ST_ASSIGN_OR_RETURN(ChosenKey key, choose_key_here(named, key_path, name_space, folders));
  ST_ASSIGN_OR_RETURN(std::string principal, name_signer(named, key.identity, name_space, folders));
  return TextSigner{std::move(principal), std::move(key)};
}

Status write_new_document(const std::string& path, std::string_view document) {
  if (path.empty()) return write_all(STDOUT_FILENO, as_bytes(document));
  ST_ASSIGN_OR_RETURN(const UniqueFd fd, open_file(path, O_WRONLY | O_CREAT | O_EXCL, 0600));
  Status written = write_all(fd.get(), as_bytes(document));
  if (!written) ::unlink(path.c_str());
  return written;
}

Result<Policy> read_policy_or_default(const Folders& folders) {
  auto policy = read_policy(folders.policy());
  if (!policy && policy.error().code() == ErrorCode::kNotFound) {
    return parse_policy(format_default_policy("production"));
  }
  return policy;
}

Result<Trust> read_trust_for(const std::string& named_path, const Folders& folders) {
  const std::string path = named_path.empty() ? folders.allowed_signers() : named_path;
  if (!named_path.empty()) {
    ST_RETURN_IF_ERROR(check_trust_path(path, TrustPathRule::kVerify));
  }
  ST_ASSIGN_OR_RETURN(TrustFile signers, TrustFile::read(path));
  ST_ASSIGN_OR_RETURN(RevokedKeys revoked, RevokedKeys::read(folders.revoked_keys()));
  return Trust{.signers = std::move(signers), .revoked = std::move(revoked)};
}

std::string describe_signer(const QuorumSigner& signer) {
  const std::string role = signer.role.empty() ? "unknown" : signer.role;
  const std::string who = signer.principal.empty() ? signer.fingerprint : signer.principal;
  const std::string line = role + " by " + (who.empty() ? "nobody known" : who);
  return signer.problem.empty() ? line : line + ": " + signer.problem;
}

Command add_token_command(CLI::App& app, const GlobalOptions& global) {
  CLI::App* token = app.add_subcommand("token", "Ask for, review, sign and check approvals");
  token->require_subcommand(1);
  auto commands = std::make_shared<std::vector<Command>>();
  for (const auto add : {add_token_request, add_token_show, add_token_approve, add_token_merge,
                         add_token_verify, add_token_revoke, add_token_review, add_token_status}) {
    commands->push_back(add(*token, global));
  }
  return {token, [commands]() -> Result<ExitCode> {
            for (const Command& command : *commands) {
              if (command.parser->parsed()) return command.run();
            }
            return ExitCode::kUsage;
          }};
}

}  // namespace scopetrace
