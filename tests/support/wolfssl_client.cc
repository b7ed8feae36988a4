// SPDX-License-Identifier: Apache-2.0
// The traced client over wolfSSL.
#include <unistd.h>
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include <array>

#include "tests/support/stack_client.h"
#include "userspace/base/result.h"

namespace scopetrace::testing {
namespace {

class WolfsslStream final : public TlsStream {
 public:
  WolfsslStream(int fd, const std::string& host, const std::string& ca_file) : fd_(fd) {
    ST_CHECK(wolfSSL_Init() == WOLFSSL_SUCCESS);
    context_ = wolfSSL_CTX_new(wolfTLS_client_method());
    ST_CHECK(wolfSSL_CTX_load_verify_locations(context_, ca_file.c_str(), nullptr) ==
             WOLFSSL_SUCCESS);
    ssl_ = wolfSSL_new(context_);
    ST_CHECK(ssl_ != nullptr && wolfSSL_check_domain_name(ssl_, host.c_str()) == WOLFSSL_SUCCESS);
    ST_CHECK(wolfSSL_set_fd(ssl_, fd_) == WOLFSSL_SUCCESS);
    ST_CHECK(wolfSSL_connect(ssl_) == WOLFSSL_SUCCESS);
  }
  ~WolfsslStream() override {
    wolfSSL_free(ssl_);
    wolfSSL_CTX_free(context_);
    wolfSSL_Cleanup();
    ::close(fd_);
  }
  bool write(std::string_view text) override {
    return wolfSSL_write(ssl_, text.data(), static_cast<int>(text.size())) ==
           static_cast<int>(text.size());
  }
  // Looks first, as protocol detectors do: what was only looked at must not be recorded twice.
  std::string read() override {
    std::array<char, 4096> buffer;
    wolfSSL_peek(ssl_, buffer.data(), 16);
    const int got = wolfSSL_read(ssl_, buffer.data(), static_cast<int>(buffer.size()));
    return {buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
  }

 private:
  int fd_;
  WOLFSSL_CTX* context_ = nullptr;
  WOLFSSL* ssl_ = nullptr;
};

}  // namespace

std::unique_ptr<TlsStream> open_tls(int fd, const std::string& host, const std::string& ca_file) {
  return std::make_unique<WolfsslStream>(fd, host, ca_file);
}

}  // namespace scopetrace::testing
