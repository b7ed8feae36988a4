// SPDX-License-Identifier: Apache-2.0
#include "tests/support/tls_flights.h"

#include <openssl/ssl.h>

#include <memory>

#include "tests/support/certificate.h"
#include "userspace/base/crypto.h"
#include "userspace/base/result.h"

namespace scopetrace::testing {
namespace {

struct FreeTls {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using Context = std::unique_ptr<SSL_CTX, FreeTls>;
using Session = std::unique_ptr<SSL_SESSION, FreeTls>;

// One end over memory: what it has to say, and what it was told.
struct End {
  explicit End(SSL_CTX* context) : ssl(SSL_new(context)) {
    in = BIO_new(BIO_s_mem());
    out = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl.get(), in, out);
  }
  std::string said() const {
    char* text = nullptr;
    const long size = BIO_get_mem_data(out, &text);
    std::string all(text, static_cast<std::size_t>(size));
    BIO_reset(out);
    return all;
  }
  void hear(const std::string& text) const {
    ST_CHECK(text.empty() || BIO_write(in, text.data(), static_cast<int>(text.size())) > 0);
  }

  std::unique_ptr<SSL, FreeTls> ssl;
  BIO* in;
  BIO* out;
};

int choose_alpn(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered,
                unsigned, void*) {
  *size = offered[0];
  *out = offered + 1;
  return SSL_TLSEXT_ERR_OK;
}

std::string records_to_messages(const std::string& records) {
  std::string messages;
  for (std::size_t at = 0; at + 5 <= records.size() && records[at] == 0x16;) {
    const std::size_t size = std::size_t{static_cast<unsigned char>(records[at + 3])} << 8 |
                             static_cast<unsigned char>(records[at + 4]);
    messages += records.substr(at + 5, size);
    at += 5 + size;
  }
  return messages;
}

// Both ends until they are done; the first thing that each of them said.
TlsFlights shake_hands(const End& client, const End& server) {
  std::string first[2];
  for (int round = 0; round < 8; ++round) {
    for (const bool is_server : {false, true}) {
      const End& end = is_server ? server : client;
      SSL_do_handshake(end.ssl.get());
      const std::string said = end.said();
      if (first[is_server].empty()) first[is_server] = said;
      (is_server ? client : server).hear(said);
    }
  }
  ST_CHECK(SSL_is_init_finished(client.ssl.get()) && SSL_is_init_finished(server.ssl.get()));
  return {.client = records_to_messages(first[0]),
          .server = records_to_messages(first[1]),
          .version = SSL_get_version(client.ssl.get()),
          .cipher = SSL_CIPHER_standard_name(SSL_get_current_cipher(client.ssl.get())),
          .digest = {}};
}

End make_client(SSL_CTX* context, const HandshakeWish& wish) {
  End client(context);
  SSL_set_connect_state(client.ssl.get());
  if (!wish.host.empty())
    ST_CHECK(SSL_set_tlsext_host_name(client.ssl.get(), wish.host.c_str()) == 1);
  return client;
}

End make_server(SSL_CTX* context) {
  End server(context);
  SSL_set_accept_state(server.ssl.get());
  return server;
}

std::string digest_of(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  ST_CHECK(size > 0);
  const std::string text =
      format_digest(sha256({reinterpret_cast<std::byte*>(der), static_cast<std::size_t>(size)}));
  OPENSSL_free(der);
  return text;
}

}  // namespace

TlsFlights make_tls_flights(const HandshakeWish& wish) {
  const ServerIdentity identity = make_server_identity(wish.host.empty() ? "nobody" : wish.host);
  const Context client_context(SSL_CTX_new(TLS_client_method()));
  const Context server_context(SSL_CTX_new(TLS_server_method()));
  ST_CHECK(SSL_CTX_use_certificate(server_context.get(), identity.certificate.get()) == 1);
  ST_CHECK(SSL_CTX_use_PrivateKey(server_context.get(), identity.key.get()) == 1);
  SSL_CTX_set_max_proto_version(client_context.get(), wish.version);
  if (wish.retries) SSL_CTX_set1_groups_list(server_context.get(), "P-384");
  if (!wish.alpn.empty()) {
    const auto* wire = reinterpret_cast<const unsigned char*>(wish.alpn.data());
    SSL_CTX_set_alpn_protos(client_context.get(), wire, static_cast<unsigned>(wish.alpn.size()));
    SSL_CTX_set_alpn_select_cb(server_context.get(), choose_alpn, nullptr);
  }
  Session session;
  if (wish.resumes) {
    const End client = make_client(client_context.get(), wish);
    shake_hands(client, make_server(server_context.get()));
    session.reset(SSL_get1_session(client.ssl.get()));
    SSL_set_shutdown(client.ssl.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  }
  const End client = make_client(client_context.get(), wish);
  if (session) ST_CHECK(SSL_set_session(client.ssl.get(), session.get()) == 1);
  TlsFlights flights = shake_hands(client, make_server(server_context.get()));
  flights.digest = digest_of(identity.certificate.get());
  return flights;
}

}  // namespace scopetrace::testing
