// SPDX-License-Identifier: Apache-2.0
// A signature as SSH writes it: `string type, string signature`, and for FIDO keys flags and
// counter. Shared by SSHSIG and certificates. Source: RFC 8709, RFC 5656, OpenSSH PROTOCOL.u2f.
#pragma once

#include <cstdint>
#include <optional>

#include "scopes/ssh_key.h"

namespace scopetrace {

// What a FIDO token states about one signature; the signature covers it.
struct FidoFacts {
  std::uint8_t flags = 0;     // authenticator flags of WebAuthn
  std::uint32_t counter = 0;  // signatures made so far, if the token counts

  bool is_touched() const { return (flags & 1) != 0; }
  bool is_user_verified() const { return (flags & 4) != 0; }  // PIN or biometrics
};

struct SignatureBlob {
  ByteVector bytes;               // 64 bytes, or two mpints of ECDSA
  std::optional<FidoFacts> fido;  // for FIDO keys, always

  // The form on the wire, by a key of this type.
  ByteVector wire(KeyType type) const;
};

// Takes a signature apart. Nothing when its type is not the key's or bytes are left over.
std::optional<SignatureBlob> parse_signature_blob(const PublicKey& key, Bytes blob);

// Whether the signature is the key's over `data`. Says nothing about touch.
bool is_signature_of(const PublicKey& key, const SignatureBlob& signature, Bytes data);

}  // namespace scopetrace
