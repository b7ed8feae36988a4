// SPDX-License-Identifier: Apache-2.0
#include "tests/support/certificate.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "userspace/base/result.h"

namespace scopetrace::testing {
namespace {

constexpr long kSecondsPerHour = 3600;

void add_extension(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  ST_CHECK(extension != nullptr);
  ST_CHECK(X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

void set_name(X509* certificate, const std::string& host) {
  X509_NAME* name = X509_get_subject_name(certificate);
  const auto* text = reinterpret_cast<const unsigned char*>(host.c_str());
  ST_CHECK(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0) == 1);
  ST_CHECK(X509_set_issuer_name(certificate, name) == 1);
}

template <class Write>
std::string to_pem(Write write) {
  BIO* memory = BIO_new(BIO_s_mem());
  ST_CHECK(memory != nullptr && write(memory) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory, &text);
  std::string pem(text, static_cast<std::size_t>(size));
  BIO_free(memory);
  return pem;
}

}  // namespace

std::string ServerIdentity::certificate_pem() const {
  return to_pem([this](BIO* out) { return PEM_write_bio_X509(out, certificate.get()); });
}

std::string ServerIdentity::key_pem() const {
  return to_pem([this](BIO* out) {
    return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

ServerIdentity make_server_identity(const std::string& host) {
  ServerIdentity identity;
  identity.key.reset(EVP_EC_gen("P-256"));
  identity.certificate.reset(X509_new());
  X509* certificate = identity.certificate.get();
  ST_CHECK(identity.key && certificate != nullptr);

  ST_CHECK(X509_set_version(certificate, X509_VERSION_3) == 1);
  ST_CHECK(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1);
  ST_CHECK(X509_gmtime_adj(X509_getm_notBefore(certificate), -kSecondsPerHour) != nullptr);
  ST_CHECK(X509_gmtime_adj(X509_getm_notAfter(certificate), 24 * kSecondsPerHour) != nullptr);
  ST_CHECK(X509_set_pubkey(certificate, identity.key.get()) == 1);
  set_name(certificate, host);
  add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate, NID_subject_key_identifier, "hash");
  add_extension(certificate, NID_subject_alt_name, "DNS:" + host + ",DNS:localhost,IP:127.0.0.1");
  ST_CHECK(X509_sign(certificate, identity.key.get(), EVP_sha256()) > 0);
  return identity;
}

}  // namespace scopetrace::testing
