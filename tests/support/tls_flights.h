// SPDX-License-Identifier: Apache-2.0
// The unencrypted flights of a real handshake, made by OpenSSL's client and server.
#pragma once

#include <string>

namespace scopetrace::testing {

struct HandshakeWish {
  std::string host{};    // of SNI and certificate; empty: the client names none
  int version = 0;       // TLS1_2_VERSION, …; 0: the best of both
  std::string alpn{};    // as on the wire: "\2h2"; empty: none
  bool retries = false;  // the server asks for another key share
  bool resumes = false;  // an earlier session of the same two
};

// Messages, without the records around them, up to the first record of another type or the client's
// next flight: what the kernel side copies.
struct TlsFlights {
  std::string client{};
  std::string server{};
  std::string version{};  // as OpenSSL names it: "TLSv1.3"
  std::string cipher{};   // by its IANA name
  std::string digest{};   // sha256:… of the certificate
};

// Aborts when the handshake fails.
TlsFlights make_tls_flights(const HandshakeWish& wish);

}  // namespace scopetrace::testing
