// SPDX-License-Identifier: Apache-2.0
// Who signs the texts of a bundle, as interfaces: keys stay where they are owned.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "userspace/base/result.h"

namespace scopetrace {

// Holds one private key. Destroying it wipes the key.
class TextSigner {
 public:
  virtual ~TextSigner() = default;

  // `ssh-ed25519 AAAA…`, without a comment.
  virtual std::string public_key() const = 0;
  // One armoured SSHSIG block over `body` in this namespace, LF at its end.
  virtual Result<std::string> sign(std::string_view name_space, std::string_view body) = 0;
};

// Makes the throw-away keys of seals.
class SealKeySource {
 public:
  virtual ~SealKeySource() = default;
  virtual Result<std::unique_ptr<TextSigner>> make_key() = 0;
};

}  // namespace scopetrace
