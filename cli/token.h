// SPDX-License-Identifier: Apache-2.0
// What the subcommands of `token` share. Each has a file of its own and is listed in token.cc.
#pragma once

#include <string>

#include "cli/command.h"
#include "cli/signing.h"
#include "scopes/approval.h"
#include "scopes/host.h"
#include "scopes/policy.h"
#include "scopes/quorum.h"

namespace scopetrace {

// One subcommand each; same contract as the commands of commands.h.
Command add_token_request(CLI::App& token, const GlobalOptions& global);
Command add_token_show(CLI::App& token, const GlobalOptions& global);
Command add_token_approve(CLI::App& token, const GlobalOptions& global);
Command add_token_merge(CLI::App& token, const GlobalOptions& global);
Command add_token_verify(CLI::App& token, const GlobalOptions& global);
Command add_token_revoke(CLI::App& token, const GlobalOptions& global);
Command add_token_review(CLI::App& token, const GlobalOptions& global);
Command add_token_status(CLI::App& token, const GlobalOptions& global);

// Reads and parses an approval; `-` is standard input. Errors name the path.
Result<ApprovalText> read_approval(const std::string& path);

// The key that signs under this namespace, by this host's trust file where it can be read. `named`
// is the principal of --as, `key_path` that of --key; either may be empty.
Result<ChosenKey> choose_key_here(const std::string& named, const std::string& key_path,
                                  std::string_view name_space, const Folders& folders);

// The principal that was named, else the only one of the key in this host's trust file. kUsage with
// the remedy when neither says it.
Result<TextSigner> find_signer(const std::string& named, const std::string& key_path,
                               std::string_view name_space, const Folders& folders);
// The same of a key that was chosen already.
Result<std::string> name_signer(const std::string& named, const SshIdentity& signer,
                                std::string_view name_space, const Folders& folders);

// Writes a new file with mode 0600 that must not exist yet; empty path: standard output.
Status write_new_document(const std::string& path, std::string_view document);

// Policy of this host, or the defaults where there is no file.
Result<Policy> read_policy_or_default(const Folders& folders);

// Trust file to judge by: the named one, or this host's.
Result<Trust> read_trust_for(const std::string& named_path, const Folders& folders);

// One line about one signature, for a person.
std::string describe_signer(const QuorumSigner& signer);

}  // namespace scopetrace
