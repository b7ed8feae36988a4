// SPDX-License-Identifier: Apache-2.0
// Signatures and certificates that no honest tool makes: FIDO keys whose token is this process, and
// certificates with any field wrong.
#pragma once

#include <string>
#include <vector>

#include "scopes/certificate.h"
#include "scopes/sshsig.h"
#include "scopes/wire_string.h"
#include "userspace/base/crypto.h"

namespace scopetrace {

// What an SSHSIG signature covers. PROTOCOL.sshsig section 3.
inline ByteVector sshsig_data(std::string_view name_space, std::string_view message) {
  ByteVector data;
  append(data, as_bytes("SSHSIG"));
  put_string(data, name_space);
  put_string(data, "");
  put_string(data, "sha512");
  put_string(data, Bytes(sha512(as_bytes(message))));
  return data;
}

// A FIDO key whose secret is the plain key `inner`, of the type that goes with it.
class SoftwareToken {
 public:
  explicit SoftwareToken(const SigningKey& inner, std::string application = "ssh:")
      : inner_(inner), application_(std::move(application)) {}

  ByteVector blob() const {
    const bool ecdsa = is_ecdsa(inner_.public_key().type());
    ByteVector blob;
    put_string(blob, key_type_name(ecdsa ? KeyType::kSkEcdsaP256 : KeyType::kSkEd25519));
    if (ecdsa) put_string(blob, "nistp256");
    put_string(blob, inner_.public_key().point());
    put_string(blob, application_);
    return blob;
  }
  PublicKey public_key() const { return PublicKey::from_blob(blob()).value(); }

  // What the token answers: flags 1 is a touch, 5 a touch and user verification.
  SignatureBlob sign(Bytes data, std::uint8_t flags) const {
    ByteVector wrapped;
    append(wrapped, sha256(as_bytes(application_)));
    wrapped.push_back(std::byte{flags});
    put_be32(wrapped, kCounter);
    append(wrapped, sha256(data));
    auto signature = parse_signature_blob(inner_.public_key(), inner_.sign(wrapped)).value();
    signature.fido = FidoFacts{flags, kCounter};
    return signature;
  }
  std::string sshsig(std::string_view name_space, std::string_view message,
                     std::uint8_t flags) const {
    return format_sshsig({SshIdentity(public_key()), std::string(name_space),
                          sign(sshsig_data(name_space, message), flags)});
  }

  static constexpr std::uint32_t kCounter = 7;

 private:
  const SigningKey& inner_;
  std::string application_;
};

// The fields of a certificate, each of which may be wrong. Times are seconds since the epoch.
struct CertificateFields {
  std::uint64_t serial = 7;
  std::uint32_t type = kUserCertificate;
  std::string key_id = "alice-laptop";
  std::vector<std::string> principals = {"alice"};
  std::uint64_t valid_after_s = 0;
  std::uint64_t valid_before_s = ~std::uint64_t{0};
  std::string critical_option = "";  // empty: none
  std::string reserved = "";
  std::string tail = "";  // after the signature
};

inline void put_be64(ByteVector& out, std::uint64_t value) {
  put_be32(out, static_cast<std::uint32_t>(value >> 32));
  put_be32(out, static_cast<std::uint32_t>(value));
}

// Everything that the authority signs. Source: OpenSSH PROTOCOL.certkeys.
inline ByteVector certificate_body(const CertificateFields& fields, const PublicKey& key,
                                   const PublicKey& authority) {
  std::string type(key_type_name(key.type()));
  if (type.ends_with("@openssh.com")) type.resize(type.size() - 12);
  ByteVector body;
  put_string(body, type + "-cert-v01@openssh.com");
  put_string(body, std::string(32, 'n'));
  ByteReader reader(key.blob());
  (void)reader.take_string();
  append(body, reader.rest());
  put_be64(body, fields.serial);
  put_be32(body, fields.type);
  put_string(body, fields.key_id);
  ByteVector principals;
  for (const std::string& name : fields.principals) put_string(principals, name);
  put_string(body, Bytes(principals));
  put_be64(body, fields.valid_after_s);
  put_be64(body, fields.valid_before_s);
  ByteVector options;
  if (!fields.critical_option.empty()) {
    put_string(options, fields.critical_option);
    put_string(options, "");
  }
  put_string(body, Bytes(options));
  put_string(body, "");
  put_string(body, fields.reserved);
  put_string(body, authority.blob());
  return body;
}

inline ByteVector certificate_blob(const CertificateFields& fields, const PublicKey& key,
                                   const SigningKey& authority) {
  ByteVector blob = certificate_body(fields, key, authority.public_key());
  put_string(blob, Bytes(authority.sign(blob)));
  append(blob, as_bytes(fields.tail));
  return blob;
}

// A certificate as far as it can be decoded; aborts when it cannot.
inline SshIdentity certify(const CertificateFields& fields, const PublicKey& key,
                           const SigningKey& authority) {
  return SshIdentity(parse_certificate(certificate_blob(fields, key, authority)).value());
}

// A signature by `key` that comes with another identity than its plain key.
inline std::string sshsig_as(const SshIdentity& identity, const SigningKey& key,
                             std::string_view name_space, std::string_view message) {
  const ByteVector wire = key.sign(sshsig_data(name_space, message));
  return format_sshsig(
      {identity, std::string(name_space), parse_signature_blob(key.public_key(), wire).value()});
}

// A blob as an armoured block.
inline std::string armour_of(Bytes blob) {
  const std::string text = to_base64(blob);
  std::string armour = std::string(kSshsigBegin) + "\n";
  for (std::size_t at = 0; at < text.size(); at += 70) armour += text.substr(at, 70) + "\n";
  return armour + std::string(kSshsigEnd) + "\n";
}
// The blob of an armoured block of 70 columns.
inline ByteVector blob_of(std::string_view armour) {
  std::string joined;
  armour = armour.substr(kSshsigBegin.size() + 1);
  armour = armour.substr(0, armour.find('-'));
  for (const char c : armour) {
    if (c != '\n') joined += c;
  }
  return from_base64(joined).value();
}

}  // namespace scopetrace
