// SPDX-License-Identifier: Apache-2.0
#include "scopes/certificate.h"

#include <algorithm>

#include "scopes/wire_string.h"
#include "userspace/base/clock.h"

namespace scopetrace {
namespace {

constexpr std::string_view kVendor = "@openssh.com";
constexpr std::string_view kSuffix = "-cert-v01@openssh.com";
constexpr std::size_t kMaxPrincipals = 256;  // as OpenSSH

constexpr std::array kTypes = {KeyType::kEd25519, KeyType::kSkEd25519, KeyType::kEcdsaP256,
                               KeyType::kSkEcdsaP256};

std::string certificate_type_name(KeyType type) {
  std::string_view name = key_type_name(type);
  if (name.ends_with(kVendor)) name.remove_suffix(kVendor.size());
  return std::string(name).append(kSuffix);
}

// The key type of a certificate's type name.
std::optional<KeyType> find_type(Bytes name) {
  for (const KeyType type : kTypes) {
    if (certificate_type_name(type) == as_text(name)) return type;
  }
  return std::nullopt;
}

// The key's own fields as they follow the nonce, put into the key's plain wire form.
std::optional<ByteVector> take_key(ByteReader& reader, KeyType type) {
  ByteVector plain;
  put_string(plain, key_type_name(type));
  const int fields = 1 + (is_ecdsa(type) ? 1 : 0) + (is_fido(type) ? 1 : 0);
  for (int i = 0; i < fields; ++i) {
    const auto field = reader.take_string();
    if (!field) return std::nullopt;
    put_string(plain, *field);
  }
  return plain;
}

// Strings until the end: the list of principals.
std::optional<std::vector<std::string>> read_strings(Bytes bytes) {
  std::vector<std::string> strings;
  for (ByteReader reader(bytes); !reader.empty();) {
    const auto string = reader.take_string();
    if (!string || strings.size() == kMaxPrincipals) return std::nullopt;
    strings.emplace_back(as_text(*string));
  }
  return strings;
}

// Names of `string name, string data` pairs: options and extensions.
std::optional<std::vector<std::string>> read_option_names(Bytes bytes) {
  std::vector<std::string> names;
  for (ByteReader reader(bytes); !reader.empty();) {
    const auto name = reader.take_string();
    const auto data = reader.take_string();
    if (!name || name->empty() || !data) return std::nullopt;
    names.emplace_back(as_text(*name));
  }
  return names;
}

// The fields between the key and the authority. Extensions grant nothing here and are not kept.
bool read_claims(ByteReader& reader, Certificate* certificate) {
  const auto serial = reader.read_be64();
  const auto type = reader.read_be32();
  const auto key_id = reader.take_string();
  const auto principals = reader.take_string();
  const auto valid_after = reader.read_be64();
  const auto valid_before = reader.read_be64();
  const auto critical = reader.take_string();
  const auto extensions = reader.take_string();
  const auto reserved = reader.take_string();
  if (!serial || !type || !key_id || !principals || !valid_after || !valid_before || !critical ||
      !extensions || !reserved || !reserved->empty()) {
    return false;
  }
  auto names = read_strings(*principals);
  auto options = read_option_names(*critical);
  if (!names || !options || !read_option_names(*extensions)) return false;
  certificate->serial = *serial;
  certificate->type = *type;
  certificate->key_id = as_text(*key_id);
  certificate->principals = std::move(*names);
  certificate->valid_after_s = *valid_after;
  certificate->valid_before_s = *valid_before;
  certificate->critical_options = std::move(*options);
  return true;
}

tl::unexpected<Error> malformed(const std::string& what) {
  return fail(ErrorCode::kCorrupt, "malformed certificate: " + what);
}

// The authority's key and its signature over all that is before it.
Status read_authority(ByteReader& reader, Certificate* certificate) {
  const auto authority = reader.take_string();
  certificate->signed_size = certificate->blob.size() - reader.rest().size();
  const auto signature = reader.take_string();
  if (!authority || !signature) return malformed("too short");
  if (!reader.empty()) return malformed("bytes after the signature");
  auto key = PublicKey::from_blob(*authority);
  if (!key) return fail(std::move(key).error().with_context("authority of the certificate"));
  certificate->authority = std::move(*key);
  auto parts = parse_signature_blob(certificate->authority, *signature);
  if (!parts) return malformed("signature is not of the authority's type");
  certificate->signature = std::move(*parts);
  return {};
}

tl::unexpected<Error> refuse(const Certificate& certificate, const std::string& why) {
  return fail(ErrorCode::kUntrusted,
              "certificate of key " + certificate.key.fingerprint() + " " + why);
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

// Dates that format_seconds() can write; an authority may put any number.
std::string format_time(std::uint64_t time_s) {
  constexpr std::uint64_t kYear9999 = 253'402'300'799;
  return format_seconds(std::min(time_s, kYear9999));
}

Status check_validity(const Certificate& certificate, std::uint64_t at_s) {
  if (at_s < certificate.valid_after_s) {
    return refuse(certificate, "is valid only after " + format_time(certificate.valid_after_s));
  }
  if (at_s >= certificate.valid_before_s) {
    return refuse(certificate, "expired at " + format_time(certificate.valid_before_s));
  }
  return {};
}

}  // namespace

bool is_certificate_blob(Bytes blob) {
  const auto name = ByteReader(blob).take_string();
  return name && as_text(*name).find("-cert-v") != std::string_view::npos;
}

Result<Certificate> parse_certificate(Bytes blob) {
  if (blob.size() > kMaxCertificateBlob) return malformed("more than 3072 bytes");
  ByteReader reader(blob);
  const auto name = reader.take_string();
  const auto type = name ? find_type(*name) : std::nullopt;
  const auto nonce = reader.take_string();
  if (!type || !nonce) return malformed("type or nonce");
  const auto plain = take_key(reader, *type);
  if (!plain) return malformed("key");
  ST_ASSIGN_OR_RETURN(PublicKey key, PublicKey::from_blob(*plain));
  PublicKey unknown = key;  // replaced by the authority's
  Certificate certificate{.blob = ByteVector(blob.begin(), blob.end()),
                          .key = std::move(key),
                          .serial = 0,
                          .type = 0,
                          .key_id = {},
                          .principals = {},
                          .valid_after_s = 0,
                          .valid_before_s = 0,
                          .critical_options = {},
                          .authority = std::move(unknown),
                          .signature = {},
                          .signed_size = 0};
  if (!read_claims(reader, &certificate)) return malformed("fields");
  ST_RETURN_IF_ERROR(read_authority(reader, &certificate));
  return certificate;
}

Status check_certificate(const Certificate& certificate, std::uint64_t at_s) {
  if (certificate.type != kUserCertificate) return refuse(certificate, "is not a user certificate");
  if (certificate.principals.empty()) return refuse(certificate, "names no principals");
  if (!certificate.critical_options.empty()) {
    const std::string& name = certificate.critical_options.front();
    return refuse(certificate,
                  "has the critical option " + (is_plain(name) ? name : std::string("unknown")));
  }
  ST_RETURN_IF_ERROR(check_validity(certificate, at_s));
  const auto& fido = certificate.signature.fido;
  if (fido && !fido->is_touched()) {
    return refuse(certificate, "was signed by an authority that was not touched");
  }
  const Bytes covered = Bytes(certificate.blob).first(certificate.signed_size);
  if (is_signature_of(certificate.authority, certificate.signature, covered)) return {};
  return fail(ErrorCode::kTampered, "the signature of authority " +
                                        certificate.authority.fingerprint() +
                                        " does not fit the certificate");
}

Result<SshIdentity> SshIdentity::from_blob(Bytes blob) {
  const auto name = ByteReader(blob).take_string();
  if (!name || !find_type(*name)) {
    ST_ASSIGN_OR_RETURN(PublicKey plain, PublicKey::from_blob(blob));
    return SshIdentity(std::move(plain));
  }
  ST_ASSIGN_OR_RETURN(Certificate certificate, parse_certificate(blob));
  return SshIdentity(std::move(certificate));
}

Result<SshIdentity> SshIdentity::from_line(std::string_view line) {
  ST_ASSIGN_OR_RETURN(const KeyLine split, split_key_line(line));
  return from_blob(split.blob);
}

std::string SshIdentity::line() const {
  if (!certificate) return key.line();
  return certificate_type_name(key.type()) + " " + to_base64(certificate->blob);
}

}  // namespace scopetrace
