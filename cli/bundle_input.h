// SPDX-License-Identifier: Apache-2.0
// What the commands that read bundles share.
#pragma once

#include <string>

#include "cli/command.h"
#include "userspace/bundle/verify.h"

namespace scopetrace {

// Whose word counts: options of every command that reads a bundle.
struct TrustOptions {
  std::string signers_path;  // empty: this host's, if there is one
  std::string revoked_path;
};
void add_trust_options(CLI::App& command, TrustOptions& options);

// Without a named trust file and without one of this host, `trust` stays empty and every verdict is
// UNTRUSTED at best.
Result<VerifyInputs> read_verify_inputs(const TrustOptions& options, const std::string& root);

// Opens and verifies one bundle. Errors name the path.
Result<VerifyReport> verify_file(const std::string& path, const VerifyInputs& inputs);

}  // namespace scopetrace
