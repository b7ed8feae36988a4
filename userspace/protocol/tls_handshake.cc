// SPDX-License-Identifier: Apache-2.0
#include "userspace/protocol/tls_handshake.h"

#include <algorithm>

#include "userspace/protocol/certificate_facts.h"
#include "userspace/protocol/tls_cipher_names.h"

namespace scopetrace {
namespace {

// RFC 8446 section 4 and the IANA registries of TLS.
enum Message : unsigned { kClientHello = 1, kServerHello = 2, kCertificate = 11, kHelloDone = 14 };
enum Extension : unsigned {
  kServerName = 0,
  kAlpn = 16,
  kSupportedVersions = 43,
  kEncryptedClientHello = 0xfe0d
};
constexpr std::size_t kMessageHeadBytes = 4;
constexpr std::size_t kRandomBytes = 32;
constexpr std::size_t kMaxListed = 8;  // versions and protocols that are told
constexpr std::size_t kMaxHostBytes = 253;
constexpr std::size_t kMaxAlpnBytes = 32;

// Reads big-endian numbers and vectors; once something was missing, all there is is nothing.
class TlsReader {
 public:
  explicit TlsReader(Bytes bytes) : rest_(bytes) {}

  unsigned number(std::size_t size) {
    unsigned value = 0;
    for (const std::byte byte : take(size)) value = value << 8 | std::to_integer<unsigned>(byte);
    return value;
  }
  Bytes take(std::size_t size) {
    if (size > rest_.size()) {
      is_good_ = false;
      rest_ = {};
      return {};
    }
    const Bytes taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  // A vector whose length stands before it in `size` bytes.
  Bytes vector(std::size_t size) { return take(number(size)); }

  bool empty() const { return rest_.empty(); }
  bool is_good() const { return is_good_; }

 private:
  Bytes rest_;
  bool is_good_ = true;
};

// "1.2" of 0x0303; empty for what is no version, as GREASE (RFC 8701).
std::string version_name(unsigned version) {
  switch (version) {
    case 0x0300:
      return "ssl3";
    case 0x0301:
      return "1.0";
    case 0x0302:
      return "1.1";
    case 0x0303:
      return "1.2";
    case 0x0304:
      return "1.3";
    default:
      return {};
  }
}

bool is_host_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

// RFC 6066 section 3: one name of type host_name, in the only extension of its kind.
void read_server_name(Bytes body, TlsFacts& facts) {
  TlsReader outer(body);
  TlsReader list(outer.vector(2));
  const unsigned type = list.number(1);
  std::string name(as_text(list.vector(2)));
  if (name.ends_with('.')) name.pop_back();
  const bool is_good = outer.is_good() && outer.empty() && list.is_good() && list.empty() &&
                       type == 0 && !name.empty() && name.size() <= kMaxHostBytes &&
                       std::all_of(name.begin(), name.end(), is_host_char) &&
                       facts.name_state == ServerNameState::kNone;
  facts.name_state = is_good ? ServerNameState::kGiven : ServerNameState::kMalformed;
  facts.server_name = is_good ? std::move(name) : std::string();
}

// RFC 7301 section 3.1. Identifiers that are no short text are left out.
std::vector<std::string> read_alpn(Bytes body) {
  std::vector<std::string> found;
  TlsReader outer(body);
  TlsReader list(outer.vector(2));
  while (!list.empty() && found.size() < kMaxListed) {
    std::string protocol(as_text(list.vector(1)));
    const bool is_text =
        std::all_of(protocol.begin(), protocol.end(), [](char c) { return c > 0x20 && c < 0x7f; });
    if (is_text && !protocol.empty() && protocol.size() <= kMaxAlpnBytes)
      found.push_back(std::move(protocol));
  }
  return found;
}

std::vector<std::string> read_versions(Bytes body) {
  std::vector<std::string> found;
  TlsReader outer(body);
  TlsReader list(outer.vector(1));
  while (!list.empty() && found.size() < kMaxListed) {
    std::string name = version_name(list.number(2));
    if (!name.empty()) found.push_back(std::move(name));
  }
  return found;
}

void read_client_extension(unsigned type, Bytes body, TlsFacts& facts) {
  if (type == kServerName) read_server_name(body, facts);
  if (type == kAlpn) facts.alpn_offered = read_alpn(body);
  if (type == kSupportedVersions) facts.versions = read_versions(body);
  if (type == kEncryptedClientHello) facts.offers_ech = true;
}

void read_server_extension(unsigned type, Bytes body, TlsFacts& facts) {
  if (type == kSupportedVersions) facts.version = version_name(TlsReader(body).number(2));
  if (type != kAlpn) return;
  const auto chosen = read_alpn(body);
  if (chosen.size() == 1) facts.alpn = chosen.front();
}

// The extensions at the end of a hello; older ones have none.
template <class Read>
bool read_extensions(TlsReader& hello, TlsFacts& facts, Read read) {
  if (hello.empty()) return hello.is_good();
  TlsReader list(hello.vector(2));
  while (!list.empty()) {
    const unsigned type = list.number(2);
    const Bytes body = list.vector(2);
    if (list.is_good()) read(type, body, facts);
  }
  return hello.is_good() && hello.empty() && list.is_good();
}

bool read_client_hello(Bytes body, TlsFacts& facts) {
  TlsReader hello(body);
  std::string version = version_name(hello.number(2));
  hello.take(kRandomBytes);
  hello.vector(1);  // session
  hello.vector(2);  // ciphers
  hello.vector(1);  // compression
  facts.name_state = ServerNameState::kNone;
  const bool is_good = read_extensions(hello, facts, read_client_extension);
  if (!is_good) {
    facts.name_state = ServerNameState::kMalformed;
    facts.server_name.clear();
  }
  if (facts.versions.empty() && !version.empty()) facts.versions.push_back(std::move(version));
  return is_good;
}

bool read_server_hello(Bytes body, TlsFacts& facts) {
  TlsReader hello(body);
  facts.version = version_name(hello.number(2));
  hello.take(kRandomBytes);
  hello.vector(1);  // session
  const unsigned cipher = hello.number(2);
  hello.number(1);  // compression
  if (!hello.is_good()) return false;
  facts.cipher = tls_cipher_name(static_cast<std::uint16_t>(cipher));
  return read_extensions(hello, facts, read_server_extension);
}

// RFC 5246 section 7.4.2: the server's own comes first.
bool read_certificates(Bytes body, TlsFacts& facts) {
  TlsReader outer(body);
  TlsReader list(outer.vector(3));
  const auto certificate = read_certificate(list.vector(3));
  facts.certificate_state = certificate ? CertificateState::kSeen : CertificateState::kUnreadable;
  if (certificate) facts.certificate = *certificate;
  return outer.is_good() && list.is_good();
}

}  // namespace

void TlsHandshake::push(bool is_server, Bytes messages) {
  Flight& flight = flights_[is_server ? 1 : 0];
  if (flight.is_over) return;
  const std::size_t room = kMaxFlightBytes - flight.taken_bytes;
  const Bytes taken = messages.first(std::min(messages.size(), room));
  flight.taken_bytes += taken.size();
  flight.pending.append(as_text(taken));
  while (!flight.is_over && take_message(flight, is_server)) {
  }
  if (taken.size() < messages.size()) cut(is_server);
}

void TlsHandshake::cut(bool is_server) {
  Flight& flight = flights_[is_server ? 1 : 0];
  if (flight.is_over) return;
  facts_.is_cut = true;
  flight.is_over = true;
  flight.pending = {};
  if (!is_server && facts_.name_state == ServerNameState::kUnknown)
    facts_.name_state = ServerNameState::kMalformed;
}

// Whether another one may be there.
bool TlsHandshake::take_message(Flight& flight, bool is_server) {
  TlsReader reader(as_bytes(flight.pending));
  const unsigned type = reader.number(1);
  const std::size_t size = reader.number(3);
  if (!reader.is_good() || flight.pending.size() - kMessageHeadBytes < size) return false;
  if (!read_message(is_server, type, reader.take(size))) flight.is_over = true;
  flight.pending.erase(0, kMessageHeadBytes + size);
  return true;
}

// Whether what follows in its flight may still say something.
bool TlsHandshake::read_message(bool is_server, unsigned type, Bytes body) {
  if (!is_server) {
    if (type == kClientHello) read_client_hello(body, facts_);
    return false;
  }
  if (type == kServerHello) return read_server_hello(body, facts_) && facts_.version != "1.3";
  if (type == kCertificate && !facts_.version.empty()) {
    read_certificates(body, facts_);
    return false;
  }
  return type != kHelloDone;
}

void TlsHandshake::finish() {
  if (facts_.name_state == ServerNameState::kUnknown) {
    facts_.name_state = ServerNameState::kMalformed;
    facts_.is_cut = true;
  }
  if (facts_.certificate_state != CertificateState::kUnknown || facts_.version.empty()) return;
  if (facts_.version == "1.3") {
    facts_.certificate_state = CertificateState::kEncrypted;
  } else if (!facts_.is_cut) {
    facts_.certificate_state = CertificateState::kNone;
  }
}

}  // namespace scopetrace
