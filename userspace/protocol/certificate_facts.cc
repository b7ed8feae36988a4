// SPDX-License-Identifier: Apache-2.0
#include "userspace/protocol/certificate_facts.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <memory>

#include "userspace/base/crypto.h"

namespace scopetrace {
namespace {

constexpr std::size_t kMaxNameBytes = 256;

struct FreeX509 {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

// The first entry of this kind, as UTF-8; empty when there is none, or one that is too long: half a
// secret is not known for one.
std::string entry_of(const X509_NAME* name, int kind) {
  const int at = X509_NAME_get_index_by_NID(name, kind, -1);
  if (at < 0) return {};
  const ASN1_STRING* value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, value);
  if (size < 0) return {};
  std::string copy(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
  OPENSSL_free(text);
  return copy.size() > kMaxNameBytes ? std::string() : copy;
}

std::string time_of(const ASN1_TIME* time) {
  std::tm parts{};
  char text[sizeof("YYYY-MM-DDTHH:MM:SSZ") + 8];
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return std::string(text, std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts));
}

std::size_t count_names(const X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, FreeX509> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  return names ? static_cast<std::size_t>(sk_GENERAL_NAME_num(names.get())) : 0;
}

std::string key_type_of(const X509* certificate) {
  ASN1_OBJECT* algorithm = nullptr;
  X509_PUBKEY_get0_param(&algorithm, nullptr, nullptr, nullptr, X509_get_X509_PUBKEY(certificate));
  switch (algorithm == nullptr ? NID_undef : OBJ_obj2nid(algorithm)) {
    case NID_rsaEncryption:
      return "rsa";
    case NID_rsassaPss:
      return "rsa-pss";
    case NID_X9_62_id_ecPublicKey:
      return "ec";
    case NID_ED25519:
      return "ed25519";
    case NID_ED448:
      return "ed448";
    case NID_dsa:
      return "dsa";
    default:
      return "other";
  }
}

}  // namespace

std::optional<CertificateFacts> read_certificate(Bytes der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* end = at + der.size();
  const std::unique_ptr<X509, FreeX509> certificate(
      d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!certificate || at != end) {
    ERR_clear_error();
    return std::nullopt;
  }
  CertificateFacts facts;
  facts.subject = entry_of(X509_get_subject_name(certificate.get()), NID_commonName);
  facts.issuer = entry_of(X509_get_issuer_name(certificate.get()), NID_commonName);
  if (facts.issuer.empty())
    facts.issuer = entry_of(X509_get_issuer_name(certificate.get()), NID_organizationName);
  facts.names = count_names(certificate.get());
  facts.not_before = time_of(X509_get0_notBefore(certificate.get()));
  facts.not_after = time_of(X509_get0_notAfter(certificate.get()));
  facts.key_type = key_type_of(certificate.get());
  facts.digest = format_digest(sha256(der));
  ERR_clear_error();
  return facts;
}

}  // namespace scopetrace
