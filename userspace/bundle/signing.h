// SPDX-License-Identifier: Apache-2.0
// The interfaces of text_signer.h over OpenSSH keys held in this process.
#pragma once

#include "scopes/ssh_key.h"
#include "userspace/bundle/text_signer.h"

namespace scopetrace {

// Signs with a key that somebody else owns, such as the host key. The key must outlive it.
class KeySigner final : public TextSigner {
 public:
  explicit KeySigner(const SigningKey& key) : key_(key) {}

  std::string public_key() const override { return key_.public_key().line(); }
  Result<std::string> sign(std::string_view name_space, std::string_view body) override;

 private:
  const SigningKey& key_;
};

// Fresh random Ed25519 keys: what every real bundle uses.
class RandomSealKeys final : public SealKeySource {
 public:
  Result<std::unique_ptr<TextSigner>> make_key() override;
};

}  // namespace scopetrace
