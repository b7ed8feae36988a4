// SPDX-License-Identifier: Apache-2.0
// A certificate authority and a server certificate that live as long as one test run.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace scopetrace::testing {

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};

// A P-256 key and its self-signed certificate for one host name, 127.0.0.1 and localhost: a client
// that trusts it as an authority accepts it as the server's too.
struct ServerIdentity {
  std::unique_ptr<EVP_PKEY, FreeKey> key;
  std::unique_ptr<X509, FreeCertificate> certificate;

  std::string certificate_pem() const;
  std::string key_pem() const;
};

// Valid from an hour ago for a day. Aborts when libcrypto fails: there is no test without it.
ServerIdentity make_server_identity(const std::string& host);

}  // namespace scopetrace::testing
