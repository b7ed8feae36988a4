// SPDX-License-Identifier: Apache-2.0
// The functions of TLS libraries that are looked for, and how each says what it moved.
//
// Not here on purpose: the peeks (SSL_peek, wolfSSL_peek: their bytes are recorded when they are
// read), functions that hand out packets or vectors instead of filling a buffer
// (gnutls_record_recv_packet, PR_Writev, wolfSSL_writev), and gnutls_record_send_early_data, which
// returns 0 for success. docs/coverage.md names them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "userspace/resolve/linked_stacks.h"
#include "userspace/resolve/site.h"

namespace scopetrace {

struct KnownFunction {
  std::string_view name;
  SiteKind kind;
  std::uint8_t size_argument = 0;  // as in Site, of the export itself
  std::uint8_t flags = 0;          // as in Site
  // The export hands its arguments to an internal function in the way of SSL_write and SSL_read,
  // so that its first call may be followed. In others the first call is some helper.
  bool is_wrapper = false;
};

// The implementations that are covered where this function is.
constexpr LinkedStacks stacks_of(std::string_view function) {
  if (function.starts_with("SSL_")) return kLinkedOpenssl | kLinkedBoringssl;
  if (function.starts_with("gnutls_")) return kLinkedGnutls;
  if (function.starts_with("wolfSSL_")) return kLinkedWolfssl;
  return function.starts_with("mbedtls_") ? kLinkedMbedtls : LinkedStacks{0};
}

inline constexpr std::array<KnownFunction, 36> kKnownFunctions{{
    // OpenSSL, LibreSSL, BoringSSL. Source: SSL_read(3), SSL_write(3), SSL_read_early_data(3).
    {"SSL_read", SiteKind::kTlsRead, 0, 0, true},
    {"SSL_write", SiteKind::kTlsWrite, 0, 0, true},
    {"SSL_read_ex", SiteKind::kTlsRead, 4, 0, true},
    {"SSL_write_ex", SiteKind::kTlsWrite, 4, 0, true},
    {"SSL_write_ex2", SiteKind::kTlsWrite, 5},  // 3.3
    {"SSL_read_early_data", SiteKind::kTlsRead, 4},
    {"SSL_write_early_data", SiteKind::kTlsWrite, 4},
    {"SSL_sendfile", SiteKind::kTlsWrite, 0, kSiteWideReturn | kSiteNoPayload},
    {"SSL_free", SiteKind::kTlsFree},
    {"SSL_clear", SiteKind::kTlsFree},  // the object goes on with another connection
    // GnuTLS. Source: gnutls_record_send(3), gnutls_record_recv(3).
    {"gnutls_record_send", SiteKind::kTlsWrite, 0, kSiteWideReturn},
    {"gnutls_record_send2", SiteKind::kTlsWrite, 0, kSiteWideReturn},
    {"gnutls_record_recv", SiteKind::kTlsRead, 0, kSiteWideReturn},
    {"gnutls_record_recv_seq", SiteKind::kTlsRead, 0, kSiteWideReturn},
    {"gnutls_record_recv_early_data", SiteKind::kTlsRead, 0, kSiteWideReturn},
    {"gnutls_deinit", SiteKind::kTlsFree},
    // NSS speaks through NSPR, which also reads plain files and sockets. Source: prio.h.
    {"PR_Write", SiteKind::kTlsWrite, 0, kSiteNeedsProof},
    {"PR_Read", SiteKind::kTlsRead, 0, kSiteNeedsProof},
    {"PR_Send", SiteKind::kTlsWrite, 0, kSiteNeedsProof},
    {"PR_Recv", SiteKind::kTlsRead, 0, kSiteNeedsProof | kSitePeekFlag},
    {"PR_Close", SiteKind::kTlsFree},
    // wolfSSL. Source: wolfssl/ssl.h.
    {"wolfSSL_write", SiteKind::kTlsWrite},
    {"wolfSSL_read", SiteKind::kTlsRead},
    {"wolfSSL_send", SiteKind::kTlsWrite},
    {"wolfSSL_recv", SiteKind::kTlsRead},
    {"wolfSSL_write_ex", SiteKind::kTlsWrite, 4},
    {"wolfSSL_read_ex", SiteKind::kTlsRead, 4},
    {"wolfSSL_write_early_data", SiteKind::kTlsWrite},
    {"wolfSSL_read_early_data", SiteKind::kTlsRead},
    {"wolfSSL_free", SiteKind::kTlsFree},
    {"wolfSSL_clear", SiteKind::kTlsFree},
    // Mbed TLS. Source: mbedtls/ssl.h.
    {"mbedtls_ssl_write", SiteKind::kTlsWrite},
    {"mbedtls_ssl_read", SiteKind::kTlsRead},
    {"mbedtls_ssl_free", SiteKind::kTlsFree},
    {"mbedtls_ssl_session_reset", SiteKind::kTlsFree},
    // The dynamic loaders of glibc and musl.
    {"_dl_debug_state", SiteKind::kLoaderChange},
}};

}  // namespace scopetrace
