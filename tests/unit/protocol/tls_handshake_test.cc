// SPDX-License-Identifier: Apache-2.0
// What is read of handshakes that OpenSSL made, and of what no library would make.
#include "userspace/protocol/tls_handshake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "tests/support/certificate.h"
#include "tests/support/tls_flights.h"
#include "userspace/protocol/certificate_facts.h"
#include "userspace/protocol/tls_cipher_names.h"

namespace scopetrace {
namespace {

using ::testing::ElementsAre;
using testing::HandshakeWish;
using ::testing::IsEmpty;
using testing::make_tls_flights;
using testing::TlsFlights;

// Both flights in pieces of `step` bytes.
TlsFacts read(const TlsFlights& flights, std::size_t step = 16384) {
  TlsHandshake handshake;
  for (const bool is_server : {false, true}) {
    const std::string& all = is_server ? flights.server : flights.client;
    for (std::size_t at = 0; at < all.size(); at += step)
      handshake.push(is_server, as_bytes(std::string_view(all).substr(at, step)));
  }
  handshake.finish();
  return handshake.facts();
}

std::string number(std::size_t value, int size) {
  std::string text;
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8)
    text += static_cast<char>(value >> shift & 0xff);
  return text;
}
std::string with_length(const std::string& text, int size) {
  return number(text.size(), size) + text;
}
std::string extension(unsigned type, const std::string& body) {
  return number(type, 2) + with_length(body, 2);
}
std::string host_entry(const std::string& host) {
  return std::string(1, '\0') + with_length(host, 2);
}
std::string server_name(const std::string& entries) {
  return extension(0, with_length(entries, 2));
}
std::string client_hello(const std::string& extensions) {
  return "\1" + with_length("\3\3" + std::string(32, 'r') + with_length("", 1) +
                                with_length("\x13\x01", 2) + with_length(std::string(1, '\0'), 1) +
                                with_length(extensions, 2),
                            3);
}
TlsFacts read_hello(const std::string& hello) {
  return read({.client = hello, .server = {}, .version = {}, .cipher = {}, .digest = {}});
}

TEST(TlsHandshakeTest, ReadsTls13) {
  const TlsFlights flights =
      make_tls_flights({.host = "api.example", .alpn = std::string("\2h2\10http/1.1", 12)});

  const TlsFacts facts = read(flights);

  EXPECT_EQ(facts.name_state, ServerNameState::kGiven);
  EXPECT_EQ(facts.server_name, "api.example");
  EXPECT_THAT(facts.alpn_offered, ElementsAre("h2", "http/1.1"));
  EXPECT_EQ(facts.versions.at(0), "1.3");
  EXPECT_EQ(facts.version, "1.3");
  EXPECT_EQ(facts.cipher, flights.cipher);
  EXPECT_EQ(facts.alpn, "");
  EXPECT_EQ(facts.certificate_state, CertificateState::kEncrypted);
  EXPECT_FALSE(facts.offers_ech);
  EXPECT_FALSE(facts.is_cut);
}

TEST(TlsHandshakeTest, ReadsTls12WithItsCertificate) {
  const TlsFlights flights = make_tls_flights(
      {.host = "api.example", .version = TLS1_2_VERSION, .alpn = std::string("\2h2", 3)});

  const TlsFacts facts = read(flights);

  EXPECT_EQ(facts.version, "1.2");
  EXPECT_EQ(facts.cipher, flights.cipher);
  EXPECT_EQ(facts.alpn, "h2");
  ASSERT_EQ(facts.certificate_state, CertificateState::kSeen);
  EXPECT_EQ(facts.certificate.subject, "api.example");
  EXPECT_EQ(facts.certificate.issuer, "api.example");
  EXPECT_EQ(facts.certificate.names, 3U);
  EXPECT_EQ(facts.certificate.key_type, "ec");
  EXPECT_EQ(facts.certificate.digest, flights.digest);
  EXPECT_EQ(facts.certificate.not_before.size(), 20U);
  EXPECT_LT(facts.certificate.not_before, facts.certificate.not_after);
}

TEST(TlsHandshakeTest, ReadsTheSameWhereverCallsCut) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const TlsFlights flights = make_tls_flights({.host = "api.example", .version = version});
    for (const std::size_t step : {1, 2, 3, 5, 7, 100, 512}) {
      const TlsFacts facts = read(flights, step);
      EXPECT_EQ(facts.server_name, "api.example");
      EXPECT_EQ(facts.cipher, flights.cipher);
      EXPECT_EQ(facts.certificate.digest, version == TLS1_2_VERSION ? flights.digest : "");
    }
  }
}

TEST(TlsHandshakeTest, ReadsARetryAsTheAnswerThatItAnnounces) {
  const TlsFlights flights = make_tls_flights({.host = "api.example", .retries = true});

  const TlsFacts facts = read(flights);

  EXPECT_EQ(facts.version, "1.3");
  EXPECT_EQ(facts.cipher, flights.cipher);
}

TEST(TlsHandshakeTest, SeesThatAResumedSessionSendsNoCertificate) {
  const TlsFacts facts =
      read(make_tls_flights({.host = "api.example", .version = TLS1_2_VERSION, .resumes = true}));

  EXPECT_EQ(facts.version, "1.2");
  EXPECT_EQ(facts.certificate_state, CertificateState::kNone);
}

TEST(TlsHandshakeTest, SeesThatNoHostIsNamed) {
  EXPECT_EQ(read(make_tls_flights({})).name_state, ServerNameState::kNone);
}

TEST(TlsHandshakeTest, KeepsNamesAsTheyWereSentWithoutTheLastDot) {
  EXPECT_EQ(read_hello(client_hello(server_name(host_entry("API.Example.")))).server_name,
            "API.Example");
}

TEST(TlsHandshakeTest, NotesAnEncryptedHello) {
  const TlsFacts facts =
      read_hello(client_hello(server_name(host_entry("front.example")) + extension(0xfe0d, "xx")));

  EXPECT_TRUE(facts.offers_ech);
  EXPECT_EQ(facts.server_name, "front.example");
}

TEST(TlsHandshakeTest, LeavesGreaseOut) {
  const TlsFacts facts = read_hello(client_hello(
      extension(43, with_length(std::string("\x2a\x2a\x03\x04\xfa\xfa\x03\x03", 8), 1)) +
      extension(16, with_length(with_length("\xca\xca", 1) + with_length("h2", 1), 2))));

  EXPECT_THAT(facts.versions, ElementsAre("1.3", "1.2"));
  EXPECT_THAT(facts.alpn_offered, ElementsAre("h2"));
}

struct BadNameCase {
  const char* name;
  std::string hello;
};
void PrintTo(const BadNameCase& row, std::ostream* out) { *out << row.name; }

class BadServerNameTest : public ::testing::TestWithParam<BadNameCase> {};

TEST_P(BadServerNameTest, CountsAsAHostOfItsOwn) {
  const TlsFacts facts = read_hello(GetParam().hello);

  EXPECT_EQ(facts.name_state, ServerNameState::kMalformed);
  EXPECT_EQ(facts.server_name, "");
}

const std::string kGood = host_entry("api.example");

INSTANTIATE_TEST_SUITE_P(
    Names, BadServerNameTest,
    ::testing::Values(
        BadNameCase{"TwoNames", client_hello(server_name(kGood + host_entry("b.example")))},
        BadNameCase{"TwoExtensions", client_hello(server_name(kGood) + server_name(kGood))},
        BadNameCase{"ThreeExtensions",
                    client_hello(server_name(kGood) + server_name(kGood) + server_name(kGood))},
        BadNameCase{"BadThenGood", client_hello(extension(0, "") + server_name(kGood))},
        BadNameCase{"Empty", client_hello(server_name(host_entry("")))},
        BadNameCase{"Zero", client_hello(server_name(host_entry(std::string("a\0b", 3))))},
        BadNameCase{"Blank", client_hello(server_name(host_entry("a b")))},
        BadNameCase{"TooLong", client_hello(server_name(host_entry(std::string(254, 'a'))))},
        BadNameCase{"OtherType", client_hello(server_name("\1" + kGood.substr(1)))},
        BadNameCase{"LengthPastTheList", client_hello(extension(0, number(40, 2) + kGood))},
        BadNameCase{"ExtensionPastTheHello",
                    client_hello(server_name(kGood) + number(16, 2) + number(9, 2))},
        BadNameCase{"BytesBehindTheName", client_hello(extension(0, with_length(kGood, 2) + "x"))}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(TlsHandshakeTest, TakesAHelloThatIsNotWholeForOneOfAnotherHost) {
  const std::string hello = client_hello(server_name(kGood));
  for (const bool is_cut : {false, true}) {
    TlsHandshake handshake;
    handshake.push(false, as_bytes(hello).first(hello.size() - 1));
    EXPECT_EQ(handshake.facts().name_state, ServerNameState::kUnknown);
    is_cut ? handshake.cut(false) : handshake.finish();
    EXPECT_EQ(handshake.facts().name_state, ServerNameState::kMalformed);
    EXPECT_TRUE(handshake.facts().is_cut);
  }
}

TEST(TlsHandshakeTest, LooksAtOneHelloOnly) {
  const TlsFacts facts = read_hello(client_hello(server_name(kGood)) +
                                    client_hello(server_name(host_entry("b.example"))));

  EXPECT_EQ(facts.server_name, "api.example");
}

TEST(TlsHandshakeTest, StopsAtTheBoundOfAFlight) {
  const std::string hello = client_hello(extension(21, std::string(20'000, '\0')));

  const TlsFacts facts = read_hello(hello);

  EXPECT_EQ(facts.name_state, ServerNameState::kMalformed);
  EXPECT_TRUE(facts.is_cut);
}

TEST(TlsHandshakeTest, SaysThatACertificateCannotBeRead) {
  TlsFlights flights = make_tls_flights({.host = "api.example", .version = TLS1_2_VERSION});
  const std::size_t at = flights.server.find("\x30\x82");  // the certificate's outer sequence
  ASSERT_NE(at, std::string::npos);
  flights.server[at] = '\x31';

  EXPECT_EQ(read(flights).certificate_state, CertificateState::kUnreadable);
}

TEST(TlsHandshakeTest, SurvivesEveryChangedByte) {
  const TlsFlights flights = make_tls_flights({.host = "api.example", .version = TLS1_2_VERSION});
  for (std::size_t at = 0; at < flights.server.size(); ++at) {
    TlsFlights changed = flights;
    changed.server[at] = static_cast<char>(changed.server[at] ^ 0xff);
    EXPECT_EQ(read(changed).server_name, "api.example") << at;
  }
}

TEST(CertificateTest, RefusesBytesBehindIt) {
  EXPECT_FALSE(read_certificate(as_bytes("not a certificate")).has_value());
  EXPECT_FALSE(read_certificate({}).has_value());
}

// A certificate whose common name, as long as it may be and longer, is this text.
std::optional<CertificateFacts> read_certificate_of(const std::string& name) {
  const testing::ServerIdentity identity = testing::make_server_identity("api.example");
  X509* certificate = identity.certificate.get();
  X509_NAME* subject = X509_NAME_new();
  X509_NAME_add_entry_by_NID(subject, NID_commonName, V_ASN1_UTF8STRING,
                             reinterpret_cast<const unsigned char*>(name.data()),
                             static_cast<int>(name.size()), -1, 0);
  X509_set_subject_name(certificate, subject);
  X509_set_issuer_name(certificate, subject);
  X509_NAME_free(subject);
  X509_sign(certificate, identity.key.get(), EVP_sha256());
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  const auto facts = read_certificate(as_bytes(
      std::string_view(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size))));
  OPENSSL_free(der);
  return facts;
}

TEST(CertificateTest, TellsNoPartOfANameThatIsTooLong) {
  const std::string secret = "c4a7b1e96d0f4582";
  const std::string whole = std::string(256 - secret.size(), 'a') + secret;
  const auto facts = read_certificate_of(whole);
  ASSERT_TRUE(facts.has_value());
  EXPECT_EQ(facts->subject, whole);
  EXPECT_EQ(facts->issuer, whole);

  const auto longer = read_certificate_of("aaaaaaaa" + whole);
  ASSERT_TRUE(longer.has_value());
  EXPECT_EQ(longer->subject, "");
  EXPECT_EQ(longer->issuer, "");
  EXPECT_EQ(longer->names, facts->names);
}

TEST(TlsCipherNameTest, IsTheLibrarysOfEveryCipher) {
  SSL_CTX* context = SSL_CTX_new(TLS_method());
  ASSERT_EQ(SSL_CTX_set_cipher_list(context, "ALL:COMPLEMENTOFALL:@SECLEVEL=0"), 1);
  SSL* ssl = SSL_new(context);
  const STACK_OF(SSL_CIPHER)* ciphers = SSL_get_ciphers(ssl);
  ASSERT_GT(sk_SSL_CIPHER_num(ciphers), 100);
  for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i) {
    const SSL_CIPHER* cipher = sk_SSL_CIPHER_value(ciphers, i);
    EXPECT_EQ(tls_cipher_name(SSL_CIPHER_get_protocol_id(cipher)),
              SSL_CIPHER_standard_name(cipher));
  }
  SSL_free(ssl);
  SSL_CTX_free(context);
}

TEST(TlsCipherNameTest, IsANumberOfAnUnknownCipher) {
  EXPECT_EQ(tls_cipher_name(0x0a0a), "0x0a0a");
  EXPECT_EQ(tls_cipher_name(0xffff), "0xffff");
}

}  // namespace
}  // namespace scopetrace
