// SPDX-License-Identifier: Apache-2.0
// To whom a bundle may be encrypted.
#pragma once

#include <string_view>

namespace scopetrace {

// Whether this is a key that `age -r` encrypts to without a plugin: `age1…` of an X25519 key (BIP
// 173's Bech32, lower case, checksum good, so that a slip of the hand shows before anybody signs),
// or the line of an ssh-ed25519 public key.
bool is_recipient(std::string_view text);

}  // namespace scopetrace
