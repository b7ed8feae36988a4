// SPDX-License-Identifier: Apache-2.0
// Signs text with the key a person named, or with their ssh-agent.
#pragma once

#include <string>
#include <string_view>

#include "scopes/ssh_key.h"
#include "userspace/base/result.h"

namespace scopetrace {

// Makes one armoured SSHSIG block over `body`. `key_path` names a private key file; plain ones are
// used directly, encrypted and FIDO ones through `ssh-keygen -Y sign`, which asks. Empty: the first
// key of ssh-agent that scopetrace accepts. The block was verified before it is returned.
Result<std::string> sign_with_key(const std::string& key_path, std::string_view name_space,
                                  std::string_view body);
// The public half of the key that sign_with_key() would use.
Result<PublicKey> find_public_key(const std::string& key_path);

}  // namespace scopetrace
