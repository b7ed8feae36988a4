// SPDX-License-Identifier: Apache-2.0
// OpenSSH certificates of the accepted key types, and keys as their owners present them: alone or
// with a certificate. Source: OpenSSH PROTOCOL.certkeys.
//
// Stricter than stock verification: user certificates only, at least one principal, no critical
// option whatever, a touch demanded of a FIDO authority, the blob consumed whole.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scopes/signature_blob.h"
#include "scopes/ssh_key.h"

namespace scopetrace {

inline constexpr std::size_t kMaxCertificateBlob = 3072;  // bytes; 20 principals take 1000

// Values of Certificate::type.
inline constexpr std::uint32_t kUserCertificate = 1;
inline constexpr std::uint32_t kHostCertificate = 2;

// A decoded certificate. Its fields are claims until check_certificate() accepts it.
struct Certificate {
  ByteVector blob;                      // the whole wire form
  PublicKey key;                        // the key that is certified
  std::uint64_t serial = 0;             // 0: the authority does not number its certificates
  std::uint32_t type = 0;               // kUserCertificate, kHostCertificate or another number
  std::string key_id;                   // free text of the authority: any bytes
  std::vector<std::string> principals;  // any bytes; none means anybody to OpenSSH, nobody to us
  std::uint64_t valid_after_s = 0;      // seconds since the epoch; valid from this second …
  std::uint64_t valid_before_s = 0;     // … up to but not including this one
  std::vector<std::string> critical_options;  // names; any bytes
  PublicKey authority;                        // that signed it
  SignatureBlob signature;
  std::size_t signed_size = 0;  // the first bytes of `blob`, which the signature covers
};

// A public key with the certificate that came with it, if one did.
struct SshIdentity {
  PublicKey key;
  std::optional<Certificate> certificate;

  // A plain key is an identity as it stands.
  SshIdentity(PublicKey plain) : key(std::move(plain)) {}  // NOLINT(google-explicit-constructor)
  explicit SshIdentity(Certificate from) : key(from.key), certificate(std::move(from)) {}

  // From the wire form of a key or a certificate. kCorrupt when it is malformed; kUnsupported when
  // the type is not accepted (the message names it).
  static Result<SshIdentity> from_blob(Bytes blob);
  // From `<type> <base64> [comment]`, the content of a `.pub` file.
  static Result<SshIdentity> from_line(std::string_view line);

  // The wire form: of the certificate where there is one.
  Bytes blob() const { return certificate ? Bytes(certificate->blob) : key.blob(); }
  std::string line() const;  // `<type> <base64>`, no comment
};

// Whether a blob's type name is that of a certificate, accepted or not.
bool is_certificate_blob(Bytes blob);

// Decodes a certificate of an accepted type. Errors as SshIdentity::from_blob().
Result<Certificate> parse_certificate(Bytes blob);

// Everything about a certificate but whether its authority is trusted, whom it may stand for and
// whether it is revoked: user type, principals, no critical options, valid at `at_s`, signed by
// `authority`. kUntrusted names the rule; kTampered when the authority's signature does not fit.
Status check_certificate(const Certificate& certificate, std::uint64_t at_s);

}  // namespace scopetrace
