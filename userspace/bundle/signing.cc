// SPDX-License-Identifier: Apache-2.0
#include "userspace/bundle/signing.h"

#include "scopes/sshsig.h"

namespace scopetrace {
namespace {

// Owns its key; libcrypto wipes the secret when it goes.
class SealKey final : public TextSigner {
 public:
  std::string public_key() const override { return key_.public_key().line(); }
  Result<std::string> sign(std::string_view name_space, std::string_view body) override {
    return make_sshsig(key_, name_space, as_bytes(body));
  }

 private:
  SigningKey key_ = SigningKey::generate();
};

}  // namespace

Result<std::string> KeySigner::sign(std::string_view name_space, std::string_view body) {
  return make_sshsig(key_, name_space, as_bytes(body));
}

Result<std::unique_ptr<TextSigner>> RandomSealKeys::make_key() {
  return std::make_unique<SealKey>();
}

}  // namespace scopetrace
