// SPDX-License-Identifier: Apache-2.0
// The signed texts of a bundle: a body and the one signature under it.
#pragma once

#include <string_view>

#include "scopes/ssh_key.h"
#include "userspace/base/result.h"

namespace scopetrace {

// A body and the one key that signed it.
struct SignedBody {
  std::string_view body;  // part of the text that was opened
  PublicKey key;
};

// What a text signs: all up to its empty line. Empty when it has none.
std::string_view body_of(std::string_view text);

// Splits a text with exactly one block and verifies it. kCorrupt without a block; otherwise the
// errors of verify_sshsig().
Result<SignedBody> open_signed_body(std::string_view text, std::string_view name_space);

}  // namespace scopetrace
