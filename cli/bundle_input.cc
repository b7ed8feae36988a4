// SPDX-License-Identifier: Apache-2.0
#include "cli/bundle_input.h"

#include <fcntl.h>
#include <unistd.h>

#include "cli/token.h"
#include "userspace/base/file.h"

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

Result<VerifyReport> verify_file(const std::string& path, const VerifyInputs& inputs) {
  ST_ASSIGN_OR_RETURN(const UniqueFd fd, open_file(path, O_RDONLY));
  const auto add_path = [&](Error error) { return std::move(error).with_context(path); };
  auto source = FileSource::open(fd.get()).map_error(add_path);
  if (!source) return fail(std::move(source).error());
  return verify_bundle(*source, inputs).map_error(add_path);
}

}  // namespace scopetrace
