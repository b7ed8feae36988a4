// SPDX-License-Identifier: Apache-2.0
// The traced client over OpenSSL.
#include <openssl/ssl.h>
#include <unistd.h>

#include <array>

#include "tests/support/stack_client.h"
#include "userspace/base/result.h"

namespace scopetrace::testing {
namespace {

class OpensslStream final : public TlsStream {
 public:
  OpensslStream(int fd, const std::string& host, const std::string& ca_file)
      : fd_(fd), context_(SSL_CTX_new(TLS_client_method())), ssl_(nullptr) {
    ST_CHECK(SSL_CTX_load_verify_locations(context_, ca_file.c_str(), nullptr) == 1);
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
    ssl_ = SSL_new(context_);
    ST_CHECK(SSL_set1_host(ssl_, host.c_str()) == 1 && SSL_set_fd(ssl_, fd_) == 1);
    SSL_set_tlsext_host_name(ssl_, host.c_str());
    ST_CHECK(SSL_connect(ssl_) == 1);
  }
  ~OpensslStream() override {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
    ::close(fd_);
  }
  bool write(std::string_view text) override {
    return SSL_write(ssl_, text.data(), static_cast<int>(text.size())) ==
           static_cast<int>(text.size());
  }
  std::string read() override {
    std::array<char, 4096> buffer;
    const int got = SSL_read(ssl_, buffer.data(), static_cast<int>(buffer.size()));
    return {buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
  }

 private:
  int fd_;
  SSL_CTX* context_;
  SSL* ssl_;
};

}  // namespace

std::unique_ptr<TlsStream> open_tls(int fd, const std::string& host, const std::string& ca_file) {
  return std::make_unique<OpensslStream>(fd, host, ca_file);
}

}  // namespace scopetrace::testing
