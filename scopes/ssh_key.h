// SPDX-License-Identifier: Apache-2.0
// OpenSSH keys: public keys of four types, and private keys that we may sign with ourselves.
// Source: RFC 4251 section 5, RFC 8709, RFC 5656, OpenSSH PROTOCOL.key and PROTOCOL.u2f.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "userspace/base/bytes.h"
#include "userspace/base/result.h"

struct evp_pkey_st;

namespace scopetrace {

struct FreeKey {
  void operator()(evp_pkey_st* key) const;  // libcrypto wipes the secret
};
using EvpKey = std::unique_ptr<evp_pkey_st, FreeKey>;

// The accepted types. RSA is not among them.
enum class KeyType {
  kEd25519,      // ssh-ed25519
  kSkEd25519,    // sk-ssh-ed25519@openssh.com: a FIDO token
  kEcdsaP256,    // ecdsa-sha2-nistp256
  kSkEcdsaP256,  // sk-ecdsa-sha2-nistp256@openssh.com: a FIDO token
};

// The name of a type in public key lines and blobs.
std::string_view key_type_name(KeyType type);
inline bool is_fido(KeyType type) {
  return type == KeyType::kSkEd25519 || type == KeyType::kSkEcdsaP256;
}
inline bool is_ecdsa(KeyType type) {
  return type == KeyType::kEcdsaP256 || type == KeyType::kSkEcdsaP256;
}

// A public key. Two are equal exactly when their blobs are.
class PublicKey {
 public:
  // From the wire form of RFC 4253 section 6.6. The blob must be consumed whole. kCorrupt when it
  // is malformed; kUnsupported when the type is not accepted (the message names it).
  static Result<PublicKey> from_blob(Bytes blob);
  // From `<type> <base64> [comment]`, the content of a `.pub` file; a final LF is accepted.
  static Result<PublicKey> from_line(std::string_view line);
  // From the raw 32 bytes of an Ed25519 public key.
  static PublicKey from_ed25519(Bytes raw);

  KeyType type() const { return type_; }
  Bytes blob() const { return blob_; }
  Bytes point() const { return point_; }                           // 32 bytes, or 65 of P-256
  const std::string& application() const { return application_; }  // FIDO only: `ssh:`, or more
  std::string fingerprint() const;  // SHA256:<base64 without padding>
  std::string line() const;         // `<type> <base64>`, no comment

  // The key in libcrypto's form. kCorrupt when the point is not on the curve.
  Result<EvpKey> to_evp() const;

  bool operator==(const PublicKey& other) const { return blob_ == other.blob_; }

 private:
  PublicKey() = default;

  KeyType type_ = KeyType::kEd25519;
  ByteVector blob_;
  ByteVector point_;
  std::string application_;
};

// The two words of a `.pub` file. The type is that of the blob, which is not looked into further.
struct KeyLine {
  std::string_view type;  // borrowed from the line
  ByteVector blob;
};
// Splits `<type> <base64> [comment]`; a final LF is accepted. kCorrupt for anything else.
Result<KeyLine> split_key_line(std::string_view line);

// A private key that is held in this process: the host key, a seal key, an approver's plain file.
// Move-only; the secret is wiped when the object goes.
class SigningKey {
 public:
  // A fresh Ed25519 key. Aborts when the generator fails.
  static SigningKey generate();
  // From an unencrypted OPENSSH PRIVATE KEY text of type ssh-ed25519 or ecdsa-sha2-nistp256.
  // kUnsupported with the remedy for encrypted keys, FIDO keys and other types; else kCorrupt.
  static Result<SigningKey> parse(std::string_view text);
  // The same from a file. kRefused when others may read it, as ssh does.
  static Result<SigningKey> read(const std::string& path);

  const PublicKey& public_key() const { return public_key_; }
  // The SSH signature blob (string type, string signature) over the message.
  ByteVector sign(Bytes message) const;
  // OPENSSH PRIVATE KEY text, unencrypted; Ed25519 only. The caller wipes it.
  std::string to_openssh(std::string_view comment) const;
  // Forgets the secret now. sign() may not be called afterwards.
  void wipe() { key_.reset(); }

 private:
  SigningKey(EvpKey key, PublicKey public_key)
      : key_(std::move(key)), public_key_(std::move(public_key)) {}
  static Result<SigningKey> from_private_section(Bytes section);

  EvpKey key_;
  PublicKey public_key_;
};

// Writes a private key (0600) to `path` and its public line (0644) to `path`.pub. kExists when
// there is a file already: keys are never overwritten.
Status write_key_pair(const SigningKey& key, const std::string& path, std::string_view comment);
// Reads a `.pub` file, or the public half of an OpenSSH private key, encrypted or not.
Result<PublicKey> read_public_key(const std::string& path);

}  // namespace scopetrace
