// SPDX-License-Identifier: Apache-2.0
// SSHSIG signatures, made and verified by libcrypto. Source: OpenSSH PROTOCOL.sshsig.
//
// Interoperates with `ssh-keygen -Y sign` and `-Y verify` in both directions, and is stricter than
// stock verification: version 1, sha512, reserved empty, namespace exact, canonical base64, nothing
// before or after the armour, the blob consumed whole, and a touch demanded of FIDO keys. A
// signature may come with a certificate, which scopes/trust.h judges.
#pragma once

#include <string>
#include <string_view>

#include "scopes/certificate.h"
#include "scopes/signature_blob.h"
#include "scopes/ssh_key.h"

namespace scopetrace {

inline constexpr std::string_view kSshsigBegin = "-----BEGIN SSH SIGNATURE-----";
inline constexpr std::string_view kSshsigEnd = "-----END SSH SIGNATURE-----";
inline constexpr std::size_t kMaxSshsigBlob = 4096;  // bytes; without a certificate 500 do

// A decoded signature. Its fields are claims until verify_sshsig() accepts it.
struct SshSignature {
  SshIdentity signer;
  std::string name_space;
  SignatureBlob signature;
};

// What policy demands of a signature beyond the rules that hold for all.
struct SshsigRules {
  bool require_user_verification = false;  // FIDO keys must have asked for PIN or biometrics
};

// Decodes armour, from the BEGIN line to the LF of the END line and nothing else. kCorrupt names
// the rule that was broken; kUnsupported when the key type is not accepted.
Result<SshSignature> parse_sshsig(std::string_view armour);
// The armoured block of a signature, final LF included: the inverse.
std::string format_sshsig(const SshSignature& signature);

// Signs and returns the armoured block, final LF included.
std::string make_sshsig(const SigningKey& key, std::string_view name_space, Bytes message);

// Verifies a decoded signature. kTampered when it does not verify, when the namespace is another,
// or when a FIDO key signed without a touch, or without the verification that `rules` demand.
Status verify_sshsig(const SshSignature& signature, std::string_view name_space, Bytes message,
                     const SshsigRules& rules = {});
// Decodes and verifies a signature by a host; the answer is the key that signed. kUnsupported for
// a certificate: hosts are known by their keys.
Result<PublicKey> verify_sshsig(std::string_view armour, std::string_view name_space,
                                Bytes message);

}  // namespace scopetrace
