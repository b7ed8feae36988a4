// SPDX-License-Identifier: Apache-2.0
// The traced client over Mbed TLS 2.28.
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include <array>

#include "tests/support/stack_client.h"
#include "userspace/base/result.h"

namespace scopetrace::testing {
namespace {

class MbedtlsStream final : public TlsStream {
 public:
  MbedtlsStream(int fd, const std::string& host, const std::string& ca_file) {
    mbedtls_ssl_init(&ssl_);
    mbedtls_ssl_config_init(&config_);
    mbedtls_x509_crt_init(&authority_);
    mbedtls_entropy_init(&entropy_);
    mbedtls_ctr_drbg_init(&random_);
    socket_.fd = fd;
    ST_CHECK(mbedtls_ctr_drbg_seed(&random_, mbedtls_entropy_func, &entropy_, nullptr, 0) == 0);
    ST_CHECK(mbedtls_x509_crt_parse_file(&authority_, ca_file.c_str()) == 0);
    ST_CHECK(mbedtls_ssl_config_defaults(&config_, MBEDTLS_SSL_IS_CLIENT,
                                         MBEDTLS_SSL_TRANSPORT_STREAM,
                                         MBEDTLS_SSL_PRESET_DEFAULT) == 0);
    mbedtls_ssl_conf_ca_chain(&config_, &authority_, nullptr);
    mbedtls_ssl_conf_rng(&config_, mbedtls_ctr_drbg_random, &random_);
    ST_CHECK(mbedtls_ssl_setup(&ssl_, &config_) == 0);
    ST_CHECK(mbedtls_ssl_set_hostname(&ssl_, host.c_str()) == 0);
    mbedtls_ssl_set_bio(&ssl_, &socket_, mbedtls_net_send, mbedtls_net_recv, nullptr);
    ST_CHECK(mbedtls_ssl_handshake(&ssl_) == 0);
  }
  ~MbedtlsStream() override {
    mbedtls_ssl_free(&ssl_);
    mbedtls_ssl_config_free(&config_);
    mbedtls_x509_crt_free(&authority_);
    mbedtls_ctr_drbg_free(&random_);
    mbedtls_entropy_free(&entropy_);
    mbedtls_net_free(&socket_);
  }
  bool write(std::string_view text) override {
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    return mbedtls_ssl_write(&ssl_, bytes, text.size()) == static_cast<int>(text.size());
  }
  std::string read() override {
    std::array<unsigned char, 4096> buffer;
    const int got = mbedtls_ssl_read(&ssl_, buffer.data(), buffer.size());
    return {reinterpret_cast<char*>(buffer.data()), got > 0 ? static_cast<std::size_t>(got) : 0};
  }

 private:
  mbedtls_net_context socket_{};
  mbedtls_ssl_context ssl_{};
  mbedtls_ssl_config config_{};
  mbedtls_x509_crt authority_{};
  mbedtls_entropy_context entropy_{};
  mbedtls_ctr_drbg_context random_{};
};

}  // namespace

std::unique_ptr<TlsStream> open_tls(int fd, const std::string& host, const std::string& ca_file) {
  return std::make_unique<MbedtlsStream>(fd, host, ca_file);
}

}  // namespace scopetrace::testing
