// SPDX-License-Identifier: Apache-2.0
// TLS 1.3 early data, written and read by functions of their own that call the ordinary ones
// inside: each byte once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "tests/privileged/tls_capture_support.h"
#include "tests/support/certificate.h"

namespace scopetrace::testing {
namespace {

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using Context = std::unique_ptr<SSL_CTX, FreeContext>;
using Connection = std::unique_ptr<SSL, FreeSsl>;

Connection connection_over(const Context& context, const UniqueFd& fd) {
  Connection ssl(SSL_new(context.get()));
  ST_CHECK(SSL_set_fd(ssl.get(), fd.get()) == 1);
  return ssl;
}

// Gets a session of the server, then resumes it: "early" comes before the handshake, "late" after.
void resume_with_early_data(const LoopbackListener& peer) {
  const Context context(SSL_CTX_new(TLS_client_method()));
  SSL_SESSION* session = nullptr;
  {
    const UniqueFd fd = peer.connect();
    const Connection first = connection_over(context, fd);
    ST_CHECK(SSL_connect(first.get()) == 1);
    ST_CHECK(read_to_end(first.get()).empty());  // the ticket came before the end
    session = SSL_get1_session(first.get());
    SSL_shutdown(first.get());  // else the session counts as broken off
  }
  const UniqueFd fd = peer.connect();
  const Connection second = connection_over(context, fd);
  ST_CHECK(SSL_set_session(second.get(), session) == 1);
  std::size_t written = 0;
  ST_CHECK(SSL_write_early_data(second.get(), "early", 5, &written) == 1 && written == 5);
  ST_CHECK(SSL_connect(second.get()) == 1);
  write_all_in(second.get(), "late", 4);
  SSL_shutdown(second.get());
  SSL_SESSION_free(session);
}

std::string read_early(SSL* ssl) {
  std::string all;
  std::array<char, 64> buffer{};
  for (;;) {
    std::size_t bytes = 0;
    const int status = SSL_read_early_data(ssl, buffer.data(), buffer.size(), &bytes);
    ST_CHECK(status != SSL_READ_EARLY_DATA_ERROR);
    all.append(buffer.data(), bytes);
    if (status == SSL_READ_EARLY_DATA_FINISH) return all;
  }
}

// The other side: what it read of the second connection.
std::string accept_early_data(const LoopbackListener& peer) {
  const Context context(SSL_CTX_new(TLS_server_method()));
  const ServerIdentity identity = make_server_identity("localhost");
  ST_CHECK(SSL_CTX_use_certificate(context.get(), identity.certificate.get()) == 1);
  ST_CHECK(SSL_CTX_use_PrivateKey(context.get(), identity.key.get()) == 1);
  ST_CHECK(SSL_CTX_set_max_early_data(context.get(), 16384) == 1);
  {
    const UniqueFd fd = peer.accept();
    const Connection first = connection_over(context, fd);
    ST_CHECK(SSL_accept(first.get()) == 1);
    SSL_shutdown(first.get());
    read_to_end(first.get());
  }
  const UniqueFd fd = peer.accept();
  const Connection second = connection_over(context, fd);
  std::string all = read_early(second.get());
  ST_CHECK(SSL_accept(second.get()) == 1);
  return all + read_to_end(second.get());
}

TEST_F(TlsCaptureBpfTest, DeliversEarlyDataThatIsWritten) {
  const LoopbackListener peer;
  TlsTarget target([&](SSL*) { resume_with_early_data(peer); },
                   [&](SSL* ssl) {
                     EXPECT_EQ(accept_early_data(peer), "earlylate");
                     read_to_end(ssl);
                   });

  const Seen seen = capture(target, Options{}, counters_);

  EXPECT_EQ(seen.only(ST_EGRESS).bytes, "earlylate");
}

// The client's end resets the connection, since it leaves tickets unread: "late" is read after
// that.
TEST_F(TlsCaptureBpfTest, DeliversEarlyDataThatIsRead) {
  const LoopbackListener peer;
  TlsTarget target(
      [&](SSL*) {
        if (accept_early_data(peer) != "earlylate") ::_exit(3);
      },
      [&](SSL* ssl) {
        resume_with_early_data(peer);
        read_to_end(ssl);
      });
  Options options;
  options.configure = [](ProbeConfig& config) { config.inbound = true; };

  const Seen seen = capture(target, options, counters_);

  EXPECT_EQ(seen.only(ST_INGRESS).bytes, "earlylate");
}

}  // namespace
}  // namespace scopetrace::testing
