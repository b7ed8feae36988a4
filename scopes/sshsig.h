// SPDX-License-Identifier: Apache-2.0
// SSHSIG signatures, made and verified by libcrypto. Source: OpenSSH PROTOCOL.sshsig.
//
// Interoperates with `ssh-keygen -Y sign` and `-Y verify` in both directions, and is stricter than
// stock verification: version 1, sha512, reserved empty, namespace exact, canonical base64, nothing
// before or after the armour, the blob consumed whole, and a touch demanded of FIDO keys.
#pragma once

#include <string>
#include <string_view>

#include "scopes/ssh_key.h"

namespace scopetrace {

inline constexpr std::string_view kSshsigBegin = "-----BEGIN SSH SIGNATURE-----";
inline constexpr std::string_view kSshsigEnd = "-----END SSH SIGNATURE-----";
inline constexpr std::size_t kMaxSshsigBlob = 2048;  // bytes; the longest accepted form needs 500

// A decoded signature. Its fields are claims until verify_sshsig() accepts it.
struct SshSignature {
  PublicKey key;
  std::string name_space;
  ByteVector signature;  // string type, string signature; for FIDO keys flags and counter follow
};

// Decodes armour, from the BEGIN line to the LF of the END line and nothing else. kCorrupt names
// the rule that was broken; kUnsupported when the key type is not accepted.
Result<SshSignature> parse_sshsig(std::string_view armour);

// Signs and returns the armoured block, final LF included.
std::string make_sshsig(const SigningKey& key, std::string_view name_space, Bytes message);

// Verifies a decoded signature. kTampered when it does not verify, when the namespace is another,
// or when a FIDO key signed without a touch.
Status verify_sshsig(const SshSignature& signature, std::string_view name_space, Bytes message);
// Decodes and verifies; the answer is the key that signed. Whether to trust it is scopes/trust.h.
Result<PublicKey> verify_sshsig(std::string_view armour, std::string_view name_space,
                                Bytes message);

}  // namespace scopetrace
