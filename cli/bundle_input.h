// SPDX-License-Identifier: Apache-2.0
// What the commands that read bundles share.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/decryption.h"
#include "userspace/base/unique_fd.h"
#include "userspace/bundle/verify.h"

namespace scopetrace {

// Whose word counts: options of every command that reads a bundle.
struct TrustOptions {
  std::string signers_path;  // empty: this host's, if there is one
  std::string revoked_path;
};
void add_trust_options(CLI::App& command, TrustOptions& options);

// Keys that open encrypted bundles: an option of every command that reads one.
struct IdentityOptions {
  std::vector<std::string> paths;  // key files of age, ssh-ed25519 private keys
};
void add_identity_option(CLI::App& command, IdentityOptions& options);

// How one run of a command opens encrypted bundles. This host's ledger learns of each once.
class Decryptions {
 public:
  // `command` is its name, for the ledger and for what it says.
  Decryptions(IdentityOptions identities, std::string command, std::string root)
      : identities_(std::move(identities)), command_(std::move(command)), root_(std::move(root)) {}

  const IdentityOptions& identities() const { return identities_; }
  const std::string& command() const { return command_; }
  // Where there is no host to note it, or for whoever may not ask it, says so once.
  void note(const std::string& path, const std::string& session);

 private:
  IdentityOptions identities_;
  std::string command_;
  std::string root_;
  std::set<std::string> noted_;  // paths
  bool has_warned_ = false;
};

// Without a named trust file and without one of this host, `trust` stays empty and every verdict is
// UNTRUSTED at best.
Result<VerifyInputs> read_verify_inputs(const TrustOptions& options, const std::string& root);

// Opens an encrypted bundle, whose file must be at its start. Errors: kUsage with the remedy when
// no identity was given, and those of DecryptedSource.
Result<DecryptedSource> open_encrypted(UniqueFd file, const std::string& path,
                                       const Decryptions& decryptions);

// Opens and verifies one bundle, decrypting it where it is encrypted. Its first decryption is noted
// before this returns: call it without on_line before anything of it is shown. Errors name the
// path; kUsage with the remedy when it is encrypted and no identity was given, kIo when none
// fits.
Result<VerifyReport> verify_file(const std::string& path, const VerifyInputs& inputs,
                                 Decryptions& decryptions);
// The same of an open file at its start, which is called `path`.
Result<VerifyReport> verify_open_file(UniqueFd file, const std::string& path,
                                      const VerifyInputs& inputs, Decryptions& decryptions);

// Verifies a bundle that may still be written, up to its end: each line is delivered as soon as it
// is sealed, and a decryption noted before the first.
Result<VerifyReport> follow_file(const std::string& path, VerifyInputs inputs,
                                 Decryptions& decryptions);

}  // namespace scopetrace
