// SPDX-License-Identifier: Apache-2.0
#include "tests/privileged/tls_capture_support.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "tests/support/certificate.h"
#include "userspace/base/file.h"

namespace scopetrace::testing {
namespace {

// The library file that holds `symbol` of this process, and where in it.
Site site_of(const char* symbol, SiteKind kind, int size_argument, std::string& path) {
  void* address = ::dlsym(RTLD_DEFAULT, symbol);
  Dl_info info{};
  link_map* map = nullptr;
  EXPECT_NE(::dladdr1(address, &info, reinterpret_cast<void**>(&map), RTLD_DL_LINKMAP), 0);
  path = info.dli_fname;
  Site site;
  site.file_offset =
      reinterpret_cast<std::uint64_t>(address) - map->l_addr;  // text: offset = vaddr
  site.kind = kind;
  site.size_argument = static_cast<std::uint8_t>(size_argument);
  site.is_function_entry = 1;
  return site;
}

}  // namespace

ProbeConfig config_for(std::uint32_t tgid, const Options& options) {
  ProbeConfig config;
  config.tgid = tgid;
  config.deadline_ns = boottime_ns() + options.session_ns;
  config.max_cpu_percent = 100;
  config.attach_kind = options.kind;
  options.configure(config);
  return config;
}

void attach_openssl(ProbeSet& probes) {
  std::string path;
  const std::array<Site, 8> sites = {site_of("SSL_write", SiteKind::kTlsWrite, 0, path),
                                     site_of("SSL_read", SiteKind::kTlsRead, 0, path),
                                     site_of("SSL_write_ex", SiteKind::kTlsWrite, 4, path),
                                     site_of("SSL_read_ex", SiteKind::kTlsRead, 4, path),
                                     site_of("SSL_free", SiteKind::kTlsFree, 0, path),
                                     site_of("SSL_clear", SiteKind::kTlsFree, 0, path),
                                     site_of("SSL_write_early_data", SiteKind::kTlsWrite, 4, path),
                                     site_of("SSL_read_early_data", SiteKind::kTlsRead, 4, path)};
  const Result<UniqueFd> file = open_file(path, O_RDONLY);
  ASSERT_TRUE(file.has_value());
  const Result<SitesAttached> attached = probes.attach_sites(file->get(), sites, {});
  ASSERT_TRUE(attached.has_value()) << attached.error().message();
  ASSERT_EQ(attached->attached, sites.size());
}

// Captures one run of the target; `counters` are the kernel's after it.
Seen capture(TlsTarget& target, const Options& options, ProbeCounters& counters) {
  Seen seen;
  Result<ProbeSet> probes = ProbeSet::load(config_for(target.tgid(), options));
  EXPECT_TRUE(probes.has_value()) << (probes ? "" : probes.error().message());
  if (!probes) return seen;
  EXPECT_TRUE(probes->attach_kernel_probes().has_value());
  attach_openssl(*probes);
  if (options.resume) {
    EXPECT_TRUE(probes->resume().has_value());
  }
  options.on_ready(*probes);
  EXPECT_TRUE(target.run());
  RingConsumer ring(probes->payload_ring_fd(), probes->payload_ring_bytes());
  ring.drain([&seen](Bytes record) { seen.add(record); });
  counters = probes->read_counters().value_or(ProbeCounters{});
  return seen;
}

void write_all_in(SSL* ssl, const std::string& text, std::size_t step) {
  for (std::size_t at = 0; at < text.size();) {
    const auto size = static_cast<int>(std::min(step, text.size() - at));
    const int wrote = SSL_write(ssl, text.data() + at, size);
    if (wrote <= 0) ::_exit(3);
    at += static_cast<std::size_t>(wrote);
  }
}

TlsEnd::TlsEnd(UniqueFd fd, Role role)
    : fd_(std::move(fd)), context_(SSL_CTX_new(TLS_method())), ssl_(nullptr) {
  if (role == Role::kServer) {
    const ServerIdentity identity = make_server_identity("localhost");
    SSL_CTX_set_num_tickets(context_, 0);
    ST_CHECK(SSL_CTX_use_certificate(context_, identity.certificate.get()) == 1);
    ST_CHECK(SSL_CTX_use_PrivateKey(context_, identity.key.get()) == 1);
  }
  ssl_ = SSL_new(context_);
  ST_CHECK(SSL_set_fd(ssl_, fd_.get()) == 1);
  ST_CHECK((role == Role::kServer ? SSL_accept(ssl_) : SSL_connect(ssl_)) == 1);
}

TlsEnd::~TlsEnd() {
  SSL_shutdown(ssl_);
  SSL_free(ssl_);
  SSL_CTX_free(context_);
}

}  // namespace scopetrace::testing
