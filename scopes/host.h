// SPDX-License-Identifier: Apache-2.0
// Where the files of scopetrace are on this host, and the host's key.
#pragma once

#include <string>

#include "scopes/ssh_key.h"
#include "scopes/trust.h"
#include "userspace/base/result.h"

namespace scopetrace {

// All places, below one root. Empty root: the real ones.
class Folders {
 public:
  explicit Folders(std::string root = "") : root_(std::move(root)) {}

  const std::string& root() const { return root_; }
  std::string config() const { return root_ + "/etc/scopetrace"; }
  std::string policy() const { return config() + "/policy.json"; }
  std::string flags() const { return config() + "/flags.json"; }
  std::string profiles() const { return config() + "/profiles"; }
  std::string allowed_signers() const { return config() + "/allowed_signers"; }
  std::string revoked_keys() const { return config() + "/revoked_keys"; }
  std::string state() const { return root_ + "/var/lib/scopetrace"; }
  std::string host_key() const { return state() + "/host_key"; }
  std::string ledger() const { return state() + "/ledger"; }
  std::string uses() const { return state() + "/uses"; }
  std::string revocations() const { return state() + "/revocations"; }
  std::string bundles() const { return state() + "/bundles"; }

 private:
  std::string root_;
};

// The host key. kNotFound with the hint `scopetrace init`.
Result<SigningKey> read_host_key(const Folders& folders);
// Trust file and revoked keys of this host, both checked by check_trust_path(kCapture).
Result<Trust> read_trust(const Folders& folders);

}  // namespace scopetrace
