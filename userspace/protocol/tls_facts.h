// SPDX-License-Identifier: Apache-2.0
// What the unencrypted part of a TLS handshake says. UNREDACTED: names come from the network.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace scopetrace {

// The server's own certificate, the first of its chain. Texts are UTF-8 as the certificate has
// them.
struct CertificateFacts {
  std::string subject;     // its common name; empty: none, or over 256 bytes
  std::string issuer;      // common name, or organisation, of who signed it
  std::size_t names = 0;   // subject alternative names
  std::string not_before;  // YYYY-MM-DDTHH:MM:SSZ
  std::string not_after;
  std::string key_type;  // rsa, ec, ed25519, …
  std::string digest;    // sha256:… of its DER
};

// Why there is no certificate, or that there is one.
enum class CertificateState {
  kUnknown,     // its place in the handshake was not seen
  kSeen,        // the facts are there
  kEncrypted,   // TLS 1.3
  kNone,        // none was sent: the session is resumed, or uses a shared key
  kUnreadable,  // no X.509, or too long
};

// What the client said of the host it wants.
enum class ServerNameState {
  kUnknown,    // no ClientHello was seen
  kNone,       // it names none
  kGiven,      // one host name
  kMalformed,  // more than one, or none that RFC 6066 allows: as if it named a host of its own
};

struct TlsFacts {
  ServerNameState name_state = ServerNameState::kUnknown;
  std::string server_name;            // of kGiven: as it was sent, without trailing dot
  bool offers_ech = false;            // encrypted ClientHello: server_name may be a front
  std::vector<std::string> versions;  // offered, as "1.3"; without unknown ones
  std::vector<std::string> alpn_offered;
  std::string version;  // chosen; empty: no ServerHello was seen
  std::string cipher;   // chosen, by its IANA name or as 0x1301
  std::string alpn;     // chosen; of TLS 1.3 it is encrypted
  CertificateState certificate_state = CertificateState::kUnknown;
  CertificateFacts certificate;
  bool is_cut = false;  // there was more than is looked at, or some of it was lost
};

}  // namespace scopetrace
